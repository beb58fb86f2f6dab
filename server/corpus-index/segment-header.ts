// The first bytes of a segment: what it is, and where its parts lie. It is written last.

import { crc32 } from 'node:zlib';
import { type Check, has, parseJson, whole } from '../json-shape.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import { MAX_DOCUMENTS, MAX_REST_BITS, type PostingsShape } from './postings.ts';

export const HEADER_BYTES = 4096;
const MAGIC = 'VRBTMSEG';
const VERSION = 1;
/** Magic, length of the JSON, its checksum. */
const JSON_AT = 16;

/** Start and length, in bytes. */
export interface Region {
  readonly at: number;
  readonly nBytes: number;
}

export interface SegmentHeader {
  readonly version: number;
  readonly shape: PostingsShape;
  readonly nPostings: number;
  readonly nPages: number;
  /** The place of each bucket behind the first one, and where the last ends: OFFSET_BYTES each. */
  readonly buckets: Region;
  readonly postings: Region;
  /** The place of each page behind the first one, and where the last ends. */
  readonly pages: Region;
  readonly documents: Region;
  /** Problems and restart points of the shards, deflated JSON with a checksum before it. */
  readonly shards: Region;
  /** The windows of restart points. */
  readonly windows: Region;
}

/** An offset in a table, the lowest byte first. */
export const OFFSET_BYTES = 6;

const region = has<Region>({ at: whole, nBytes: whole });
const bits =
  (most: number): Check =>
  (value) =>
    whole(value) && (value as number) <= most;
const headerShape = has<SegmentHeader>({
  version: (value) => value === VERSION,
  shape: has<PostingsShape>({ hashBits: bits(40), bucketBits: bits(26), nDocuments: bits(MAX_DOCUMENTS) }),
  nPostings: whole,
  nPages: (value) => whole(value) && (value as number) <= MAX_DOCUMENTS / PAGE_DOCUMENTS,
  buckets: region,
  postings: region,
  pages: region,
  documents: region,
  shards: region,
  windows: region,
});

export function writeHeader(header: Omit<SegmentHeader, 'version'>): Buffer {
  const json = Buffer.from(JSON.stringify({ version: VERSION, ...header }));
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(json.length, 8);
  bytes.writeUInt32LE(crc32(json), 12);
  json.copy(bytes, JSON_AT);
  return bytes;
}

/** Undefined where these bytes are not those of a segment of `nFileBytes`. */
export function readHeader(bytes: Buffer, nFileBytes: number): SegmentHeader | undefined {
  if (bytes.length !== HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
  const json = bytes.subarray(JSON_AT, JSON_AT + bytes.readUInt32LE(8));
  if (crc32(json) !== bytes.readUInt32LE(12)) return undefined;
  const header = parseJson<SegmentHeader>(json.toString('utf8'), headerShape);
  return header && isPossible(header, nFileBytes) ? header : undefined;
}

function isPossible(header: SegmentHeader, nFileBytes: number): boolean {
  const { shape, buckets, pages, nPages } = header;
  const regions = [buckets, header.postings, pages, header.documents, header.shards, header.windows];
  return (
    regions.every(({ at, nBytes }) => at >= HEADER_BYTES && at + nBytes <= nFileBytes) &&
    shape.hashBits >= shape.bucketBits &&
    shape.hashBits - shape.bucketBits <= MAX_REST_BITS &&
    shape.nDocuments >= 1 &&
    buckets.nBytes === (2 ** shape.bucketBits + 1) * OFFSET_BYTES &&
    pages.nBytes === (nPages + 1) * OFFSET_BYTES
  );
}
