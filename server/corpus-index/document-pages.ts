// What an index knows of documents, a page of them at a time: where each stands, where it comes from, and a digest of
// its lines. Knows no files.

import { crc32, inflateRawSync } from 'node:zlib';
import { MAX_NAME_BYTES } from '../corpus/cut-name.ts';
import { DeflateHere } from '../corpus/deflate-here.ts';
import type { MatchedDocument } from '../engine/detection.ts';
import { VarintReader, VarintWriter } from '../engine/varint.ts';
import type { DocumentPage } from '../kernel/scan-kernel.ts';

/** Documents of a page. A shard begins a new page. */
export const PAGE_DOCUMENTS = 64;
const N_NAMES = 3;
/** Names are cut when they are read, with some room for the rest of a letter, so no page is larger when it is unpacked. */
const MAX_PAGE_BYTES = PAGE_DOCUMENTS * (N_NAMES * (MAX_NAME_BYTES + 8) + 64);
const CHECKSUM_BYTES = 4;
const DIGEST_BYTES = 4;
/** Checksum and number of documents; then come their digests. */
const HEAD_BYTES = CHECKSUM_BYTES + 1;
/** A page is a few kilobytes, and hardly gets smaller by more effort. More memory would have to be cleared for each. */
const deflating = { level: 2, windowBits: 12, memLevel: 5, chunkSize: 1 << 14 } as const;

export interface IndexedDocument extends MatchedDocument {
  /** A hash of its significant lines, in 32 bits. */
  readonly digest: number;
}

/** What a page has of a document beside its names. */
type DocumentPlace = Pick<IndexedDocument, 'row' | 'byteOffset' | 'digest'>;

/** Makes pages of what the kernel gathers. */
export class PageWriter {
  readonly #deflate = new DeflateHere(deflating);
  readonly #content = new VarintWriter();
  /** Grows to the largest page. */
  #page = Buffer.allocUnsafeSlow(1 << 12);

  /** A page, which is overwritten by the next one. */
  write({ nDocuments, digests, pieces }: DocumentPage): Buffer {
    const content = this.#content;
    content.clear();
    for (const piece of pieces) content.append(piece);
    const packed = this.#deflate.deflate(content.written());
    const start = HEAD_BYTES + digests.length;
    const nBytes = start + packed.length;
    if (nBytes > this.#page.length) this.#page = Buffer.allocUnsafeSlow(2 * nBytes);
    const page = this.#page.subarray(0, nBytes);
    page[CHECKSUM_BYTES] = nDocuments;
    page.set(digests, HEAD_BYTES);
    page.set(packed, start);
    page.writeUInt32LE(crc32(page.subarray(CHECKSUM_BYTES)), 0);
    return page;
  }

  [Symbol.dispose](): void {
    this.#deflate[Symbol.dispose]();
  }
}

/** Undefined where the bytes are not those of a page. */
export function readPage(page: Buffer): IndexedDocument[] | undefined {
  const n = page[CHECKSUM_BYTES] ?? 0;
  const start = HEAD_BYTES + DIGEST_BYTES * n;
  if (n === 0 || n > PAGE_DOCUMENTS || page.length <= start) return undefined;
  if (crc32(page.subarray(CHECKSUM_BYTES)) !== page.readUInt32LE(0)) return undefined;
  try {
    const unpacked = inflateRawSync(page.subarray(start), { maxOutputLength: MAX_PAGE_BYTES });
    return unpack(unpacked, n, (i) => page.readUInt32LE(HEAD_BYTES + DIGEST_BYTES * i));
  } catch {
    return undefined; // Its checksum is right, and what it says is none of it: somebody made it so.
  }
}

function unpack(bytes: Buffer, n: number, digestOf: (document: number) => number): IndexedDocument[] {
  const input = new VarintReader(bytes);
  const places: (DocumentPlace & { readonly lengths: readonly number[] })[] = [];
  let row = 0;
  let byteOffset = 0;
  for (let i = 0; i < n; i++) {
    row += input.read();
    byteOffset += input.read();
    const lengths = [input.read(), input.read(), input.read()];
    places.push({ row, byteOffset, digest: digestOf(i), lengths });
  }
  let { at } = input;
  const column = (name: number) =>
    places.map(({ lengths }) => {
      const nBytes = lengths[name]!;
      at += nBytes;
      return bytes.toString('utf8', at - nBytes, at - nBytes + Math.min(nBytes, MAX_NAME_BYTES));
    });
  const [repositories, paths, licenses] = [column(0), column(1), column(2)];
  return places.map(({ lengths: _, ...place }, i) => ({
    ...place,
    repository: repositories[i]!,
    path: paths[i]!,
    license: licenses[i]!,
  }));
}
