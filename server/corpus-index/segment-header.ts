// The first bytes of a segment: what it is, and where its parts lie. It is written last.

import { crc32 } from 'node:zlib';
import type { RestartPoint } from '../engine/detection.ts';
import { type Check, has, parseJson, whole } from '../json-shape.ts';
import type { BucketShape } from '../kernel/posting-kernel.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import { isPossible as arePossible, type PiecePlaces, tableBytes } from './piece-places.ts';
import { MAX_DOCUMENTS, MAX_REST_BITS } from './postings.ts';

export const HEADER_BYTES = 4096;
const MAGIC = 'VRBTMSEG';
const VERSION = 2;
/** Magic, length of the JSON, its checksum. */
const JSON_AT = 16;

/** Start and length, in bytes. */
export interface Region {
  readonly at: number;
  readonly nBytes: number;
}

/** A restart point whose window lies elsewhere in a file. */
export type Stored<Point extends RestartPoint> = Omit<Point, 'window'> & { readonly window: Region };

/** The places of the pieces of another region, in their order. */
export type PieceTable = Region & PiecePlaces;

export interface SegmentHeader {
  readonly version: number;
  readonly shape: BucketShape;
  readonly nPostings: number;
  readonly buckets: PieceTable;
  readonly postings: Region;
  readonly pages: PieceTable;
  readonly documents: Region;
  /** Problems and restart points of the shards, deflated JSON with a checksum before it. */
  readonly shards: Region;
  /** The windows of restart points. */
  readonly windows: Region;
}

const region = has<Region>({ at: whole, nBytes: whole });
const table = has<PieceTable>({ at: whole, nBytes: whole, nPieces: whole, lengthBytes: whole });
const bits =
  (most: number): Check =>
  (value) =>
    whole(value) && (value as number) <= most;
const headerShape = has<SegmentHeader>({
  version: (value) => value === VERSION,
  shape: has<BucketShape>({ hashBits: bits(40), bucketBits: bits(26), nDocuments: bits(MAX_DOCUMENTS) }),
  nPostings: whole,
  buckets: table,
  postings: region,
  pages: table,
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
  const { shape, buckets, pages } = header;
  const regions = [buckets, header.postings, pages, header.documents, header.shards, header.windows];
  return (
    regions.every(({ at, nBytes }) => at >= HEADER_BYTES && at + nBytes <= nFileBytes) &&
    shape.hashBits >= shape.bucketBits &&
    shape.hashBits - shape.bucketBits <= MAX_REST_BITS &&
    shape.nDocuments >= 1 &&
    [buckets, pages].every((one) => arePossible(one) && one.nBytes === tableBytes(one)) &&
    buckets.nPieces === 2 ** shape.bucketBits &&
    pages.nPieces <= MAX_DOCUMENTS / PAGE_DOCUMENTS
  );
}
