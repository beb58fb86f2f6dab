// What an index knows of documents, a page of them at a time: where each stands, where it comes from, and a digest of
// its lines. Knows no files.

import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { MAX_NAME_BYTES } from '../corpus/cut-name.ts';
import type { MatchedDocument } from '../engine/detection.ts';
import { VarintReader, VarintWriter } from '../engine/varint.ts';

/** Documents of a page. A shard begins a new page. */
export const PAGE_DOCUMENTS = 64;
/** Names are cut when they are read, at 64 KiB by earlier versions, so no page is larger when it is unpacked. */
const MAX_PAGE_BYTES = PAGE_DOCUMENTS * (3 * (64 << 10) + 64);
const CHECKSUM_BYTES = 4;

export interface IndexedDocument extends MatchedDocument {
  /** A hash of its significant lines, in 32 bits. */
  readonly digest: number;
}

export function writePage(documents: readonly IndexedDocument[]): Buffer {
  const out = new VarintWriter();
  const names: Buffer[] = [];
  out.write(documents.length);
  let row = 0;
  let byteOffset = 0;
  for (const document of documents) {
    out.write(document.row - row);
    out.write(document.byteOffset - byteOffset);
    out.write(document.digest);
    row = document.row;
    byteOffset = document.byteOffset;
    for (const name of [document.repository, document.path, document.license]) {
      const bytes = Buffer.from(name);
      out.write(bytes.length);
      names.push(bytes);
    }
  }
  const packed = deflateRawSync(Buffer.concat([out.written(), ...names]), { level: 6 });
  const head = Buffer.alloc(CHECKSUM_BYTES);
  head.writeUInt32LE(crc32(packed));
  return Buffer.concat([head, packed]);
}

/** Undefined where the bytes are not those of a page. */
export function readPage(bytes: Buffer): IndexedDocument[] | undefined {
  const packed = bytes.subarray(CHECKSUM_BYTES);
  if (bytes.length <= CHECKSUM_BYTES || crc32(packed) !== bytes.readUInt32LE(0)) return undefined;
  try {
    return unpack(inflateRawSync(packed, { maxOutputLength: MAX_PAGE_BYTES }));
  } catch {
    return undefined; // Its checksum is right, and what it says is none of it: somebody made it so.
  }
}

function unpack(page: Buffer): IndexedDocument[] {
  const input = new VarintReader(page);
  const n = input.read();
  if (n > PAGE_DOCUMENTS) throw new RangeError(`A page has ${n} documents`);
  const places: { row: number; byteOffset: number; digest: number; nBytes: number[] }[] = [];
  let row = 0;
  let byteOffset = 0;
  for (let i = 0; i < n; i++) {
    row += input.read();
    byteOffset += input.read();
    const digest = input.read();
    places.push({ row, byteOffset, digest, nBytes: [input.read(), input.read(), input.read()] });
  }
  let { at } = input;
  const name = (nBytes: number) => {
    at += nBytes;
    return page.toString('utf8', at - nBytes, at - nBytes + Math.min(nBytes, MAX_NAME_BYTES));
  };
  return places.map(({ nBytes: [repository, path, license], ...place }) => ({
    ...place,
    repository: name(repository!),
    path: name(path!),
    license: name(license!),
  }));
}
