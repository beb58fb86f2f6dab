// Puts records of an index in order: a record is the upper 40 bits of a key above the number of a document, so the order
// of records as numbers is that of keys, then documents. Keys are hashes, so records are dealt into bins by their
// leading bits, and what is left is to move each a few places.

import { prepareChecksums } from "./checksum";
import { array, nil, Ptr } from "./memory";

/** Records that a bin of the first deal has, about: they and their counts stay near the processor. */
const NEAR_BITS: u32 = 9;
const MOST_FAR_BITS: u32 = 16;
/** Moves of a record on average, far more than hashes take; then somebody made them so. */
const MOST_MOVES: u64 = 32;
const RADIX_BITS: u32 = 8;

let far = nil<u32>();
let near = nil<u32>();

export function preparePostings(): void {
  prepareChecksums();
  far = array<u32>((1 << MOST_FAR_BITS) + 1);
  near = array<u32>((1 << NEAR_BITS) + 1);
}

/**
 * Of `n` records at `at` keeps those whose first `nBits` bits are `part`, and adds `first` to their documents' numbers.
 * Returns how many these are.
 */
export function takeRecords(at: usize, n: u32, first: u32, nBits: u32, part: u32): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const r = record(at, i);
    if (nBits && <u32>(r >> <u64>(64 - nBits)) != part) continue;
    store<u64>(at + (<usize>(kept++) << 3), r + first);
  }
  return kept;
}

// @ts-ignore: decorator
@inline function record(at: usize, i: u32): u64 { return load<u64>(at + (<usize>i << 3)); }

/**
 * Sorts `n` records at `at`, all with the same first `nPassed` bits; of each the bits of `kept` count. `other` is room for
 * as many.
 */
export function sortRecords(at: usize, other: usize, n: u32, nPassed: u32, kept: u64): void {
  const nBits: u32 = n < 2 ? 0 : 32 - clz(n - 1);
  const farBits = min(MOST_FAR_BITS, nBits > NEAR_BITS ? nBits - NEAR_BITS : 0);
  const nearBits = min(NEAR_BITS, nBits);
  deal(at, other, n, 64 - nPassed - farBits, farBits, kept, far);
  let first: u32 = 0;
  for (let bin: u32 = 0; bin < <u32>1 << farBits; bin++) {
    const end = far[bin];
    deal(other + (<usize>first << 3), at + (<usize>first << 3), end - first, 64 - nPassed - farBits - nearBits, nearBits, kept, near);
    first = end;
  }
  if (!moveToPlace(at, n)) sortByDigits(at, other, n);
}

/** Deals records into bins by `nBits` bits from `shift` on; `ends` then has the end of each bin. */
// @ts-ignore: decorator
@inline function deal(from: usize, to: usize, n: u32, shift: u32, nBits: u32, kept: u64, ends: Ptr<u32>): void {
  const nBins: u32 = 1 << nBits;
  const mask: u64 = nBins - 1;
  for (let bin: u32 = 0; bin < nBins; bin++) ends[bin] = 0;
  for (let i: u32 = 0; i < n; i++) {
    const bin = <u32>((record(from, i) >> shift) & mask);
    ends[bin] = ends[bin] + 1;
  }
  let sum: u32 = 0;
  for (let bin: u32 = 0; bin < nBins; bin++) {
    const before = sum;
    sum += ends[bin];
    ends[bin] = before;
  }
  for (let i: u32 = 0; i < n; i++) {
    const r = record(from, i) & kept;
    const bin = <u32>((r >> shift) & mask);
    const place = ends[bin];
    ends[bin] = place + 1;
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
    deal(from, to, n, shift, RADIX_BITS, u64.MAX_VALUE, near);
    const swapped = from;
    from = to;
    to = swapped;
  }
}
