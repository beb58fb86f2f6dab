// Puts records of an index in order: a record is the upper 40 bits of a key above the number of a document, so the order
// of records as numbers is that of keys, then documents. Keys are hashes, so records are dealt by as many leading bits as
// number them, the lower half of these first, and what is left is to move each a few places.

import { prepareChecksums } from "./checksum";
import { DOCUMENT_BITS as SPILLED_DOCUMENT_BITS, PART_BITS, RECORD_BYTES as SPILLED_BYTES } from "./index-records";
import { array, nil, Ptr } from "./memory";

/** Bits that records are dealt by at once: the ends of so many bins stay near the processor. */
const MOST_BITS: u32 = 12;
/** Moves of a record on average, far more than hashes take; then somebody made them so. */
const MOST_MOVES: u64 = 32;
const RADIX_BITS: u32 = 8;
/** Bits of a record that are its document's number. */
const DOCUMENT_BITS: u64 = 24;

let upperEnds = nil<u32>();
let lowerEnds = nil<u32>();

export function preparePostings(): void {
  prepareChecksums();
  upperEnds = array<u32>(1 << MOST_BITS);
  lowerEnds = array<u32>(1 << MOST_BITS);
}

/**
 * Of `n` records at `from`, as index-records.ts writes them of its part `ownPart`, puts those whose first `nBits` bits are `part` to
 * `to`; their documents are numbered from `first`. Returns how many these are. May read two bytes more.
 */
export function takeRecords(from: usize, n: u32, ownPart: u32, first: u32, to: usize, nBits: u32, part: u32): u32 {
  const shift: u64 = nBits ? 64 - nBits : 63;
  const wanted: u64 = nBits ? part : 0;
  const isSmaller = nBits > <u32>PART_BITS;
  const above = <u64>ownPart << (64 - PART_BITS);
  let kept = to;
  for (let i: u32 = 0; i < n; i++) {
    const r = load<u64>(from + SPILLED_BYTES * <usize>i);
    const rest = (r & ((<u64>1 << (8 * SPILLED_BYTES)) - 1)) >> SPILLED_DOCUMENT_BITS;
    const document = first + (<u32>r & ((1 << <u32>SPILLED_DOCUMENT_BITS) - 1));
    const taken = above | (rest << DOCUMENT_BITS) | <u64>document;
    store<u64>(kept, taken);
    kept += <usize>(!isSmaller || taken >> shift == wanted) << 3;
  }
  return <u32>(kept - to) >> 3;
}

// @ts-ignore: decorator
@inline function record(at: usize, i: u32): u64 { return load<u64>(at + (<usize>i << 3)); }

/**
 * Sorts `n` records at `at`, all with the same first `nPassed` bits; of each the bits of `kept` count. `other` is room for
 * as many.
 */
export function sortRecords(at: usize, other: usize, n: u32, nPassed: u32, kept: u64): void {
  const nBits: u32 = n < 2 ? 0 : 32 - clz(n - 1);
  const upperBits = min(MOST_BITS, nBits >> 1);
  const lowerBits = min(MOST_BITS, nBits - upperBits);
  const shift = 64 - nPassed - upperBits - lowerBits;
  count(at, n, shift, lowerBits, upperBits, kept);
  deal(at, other, n, shift, lowerBits, kept, lowerEnds);
  deal(other, at, n, shift + lowerBits, upperBits, kept, upperEnds);
  if (!moveToPlace(at, n)) sortByDigits(at, other, n);
}

/** How many records there are in each bin, by `lowerBits` bits from `shift` on and by the next `upperBits`; then where bins begin. */
// @ts-ignore: decorator
@inline function count(at: usize, n: u32, shift: u32, lowerBits: u32, upperBits: u32, kept: u64): void {
  const nLower: u32 = 1 << lowerBits, nUpper: u32 = 1 << upperBits;
  const lower = lowerEnds, upper = upperEnds;
  memory.fill(changetype<usize>(lower), 0, <usize>nLower << 2);
  memory.fill(changetype<usize>(upper), 0, <usize>nUpper << 2);
  for (let i: u32 = 0; i < n; i++) {
    const bits = <u32>((record(at, i) & kept) >> shift);
    const low = bits & (nLower - 1), high = (bits >> lowerBits) & (nUpper - 1);
    lower[low] = lower[low] + 1;
    upper[high] = upper[high] + 1;
  }
  addUp(lower, nLower);
  addUp(upper, nUpper);
}

// @ts-ignore: decorator
@inline function addUp(counts: Ptr<u32>, n: u32): void {
  let sum: u32 = 0;
  for (let bin: u32 = 0; bin < n; bin++) {
    const before = sum;
    sum += counts[bin];
    counts[bin] = before;
  }
}

/** Deals records into bins by `nBits` bits from `shift` on; `places` has where each bin begins, and then where it ends. */
// @ts-ignore: decorator
@inline function deal(from: usize, to: usize, n: u32, shift: u32, nBits: u32, kept: u64, places: Ptr<u32>): void {
  const mask: u64 = (1 << nBits) - 1;
  for (let i: u32 = 0; i < n; i++) {
    const r = record(from, i) & kept;
    const bin = <u32>((r >> shift) & mask);
    const place = places[bin];
    places[bin] = place + 1;
    store<u64>(to + (<usize>place << 3), r);
  }
}

/** False where that takes too long. */
function moveToPlace(at: usize, n: u32): bool {
  let left = MOST_MOVES * n;
  for (let i: u32 = 1; i < n; i++) {
    const r = record(at, i);
    let place = i;
    for (; place > 0; place--) {
      const before = record(at, place - 1);
      if (before <= r) break;
      store<u64>(at + (<usize>place << 3), before);
    }
    store<u64>(at + (<usize>place << 3), r);
    const nMoves = <u64>(i - place);
    if (nMoves > left) return false;
    left -= nMoves;
  }
  return true;
}

/** However they were made: a digit after the other, the lowest first. */
function sortByDigits(at: usize, other: usize, n: u32): void {
  let from = at, to = other;
  for (let shift: u32 = 0; shift < 64; shift += RADIX_BITS) {
    count(from, n, shift, RADIX_BITS, 0, u64.MAX_VALUE);
    deal(from, to, n, shift, RADIX_BITS, u64.MAX_VALUE, lowerEnds);
    const swapped = from;
    from = to;
    to = swapped;
  }
}
