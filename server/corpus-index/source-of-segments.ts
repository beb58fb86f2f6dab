// A segment's source: other segments, without the shards that were removed.

import type { BucketShape, Part, PostingKernel } from '../kernel/posting-kernel.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import { keyOf, MAX_DOCUMENTS, shapeFor } from './postings.ts';
import type { SegmentFile } from './segment-file.ts';
import { pagesOf } from './source-of-shards.ts';
import type { SegmentShard, SegmentSource } from './write-segment.ts';

export function sourceOfSegments(segments: readonly SegmentFile[], nExpected: number): SegmentSource {
  const shards: SegmentShard[] = [];
  const numbers: Int32Array[] = [];
  let nDocuments = 0;
  for (const segment of segments) {
    /** Per page: what its documents' numbers grow by, or NONE. */
    const moved = new Int32Array(segment.header.pages.nPieces).fill(NONE);
    for (const [i, entry] of segment.entry.shards.entries()) {
      if (entry.removed) continue;
      const firstPage = entry.firstDocument / PAGE_DOCUMENTS;
      const nPages = pagesOf(entry.nDocuments) / PAGE_DOCUMENTS;
      moved.fill(nDocuments / PAGE_DOCUMENTS - firstPage, firstPage, firstPage + nPages);
      const { problems, columns, reading, restarts, blocks } = segment.facts(i);
      shards.push({
        entry: { ...entry, firstDocument: nDocuments },
        problems,
        columns,
        reading,
        restarts,
        blocks,
        *readWindows(windows) {
          for (const window of windows) yield segment.window(window);
        },
      });
      nDocuments += pagesOf(entry.nDocuments);
    }
    numbers.push(moved);
  }
  if (nDocuments >= MAX_DOCUMENTS) throw new RangeError(`${nDocuments} documents do not fit in a segment`);
  const nHere = segments.reduce((sum, { header }) => sum + header.nPostings, 0);
  const shape = mergedShape(segments, shapeFor(nExpected, nHere, nDocuments + 1));
  return {
    shape,
    nRecords: nHere,
    readPart(part, into) {
      for (const [i, segment] of segments.entries()) readRecords(segment, numbers[i]!, part, into);
    },
    *readPages() {
      for (const segment of segments) {
        for (const { removed, firstDocument, nDocuments: n } of segment.entry.shards) {
          const first = firstDocument / PAGE_DOCUMENTS;
          for (let page = first; !removed && page < first + pagesOf(n) / PAGE_DOCUMENTS; page++)
            yield segment.pageBytes(page);
        }
      }
    },
    shards,
  };
}

/** No page of this one is kept. */
const NONE = -0x8000_0000;

/** Bits that one of them does not have are unknown. */
function mergedShape(segments: readonly SegmentFile[], wanted: BucketShape): BucketShape {
  const hashBits = Math.min(wanted.hashBits, ...segments.map(({ header }) => header.shape.hashBits));
  return { ...wanted, hashBits };
}

function readRecords(segment: SegmentFile, moved: Int32Array, part: Part, into: PostingKernel): void {
  const { shape } = segment.header;
  const more = shape.bucketBits - part.bits;
  const first = more >= 0 ? part.number * 2 ** more : Math.floor(part.number / 2 ** -more);
  const end = more >= 0 ? first + 2 ** more : first + 1;
  for (let bucket = first; bucket < end; bucket++) {
    segment.visitBucket(bucket, (rest, document) => {
      const pages = moved[Math.floor(document / PAGE_DOCUMENTS)] ?? NONE;
      if (pages === NONE) return true;
      const { high, low } = keyOf(shape, bucket, rest);
      if (more < 0 && high >>> (32 - part.bits) !== part.number) return true;
      into.add((low | (document + pages * PAGE_DOCUMENTS)) >>> 0, high);
      return true;
    });
  }
}
