// Which gram stands for a window: an order of grams that follows from their lines alone, and of each window the first by
// that order.

import { array, nil, Ptr } from "./memory";
import { x } from "./line-buffer";

/** Lines of a window by default, so that a gram has three: such steps as most lines need are written out for these. */
const USUAL_LINES: u32 = 6;
// @ts-ignore: decorator
@inline function isUsual(): bool { return x.minLines == USUAL_LINES && x.gramLines == 3; }

/** Orders of the grams that begin with each line at hand. */
let orders = nil<u64>();
/** Grams that are chosen by some window, in order. */
let picks = nil<u32>();

/** There are `most` lines at hand at most. */
export function prepareGrams(most: u32): void {
  orders = array<u64>(most);
  picks = array<u32>(most);
}

// @ts-ignore: decorator
@inline export function pickedGrams(): Ptr<u32> { return picks; }

// @ts-ignore: decorator
@inline export function addressIn<T>(list: Ptr<T>, i: u32): usize { return changetype<usize>(list) + (<usize>i << alignof<T>()); }

/** The orders of `n` grams from `from` on become those of the first ones. */
// @ts-ignore: decorator
@inline export function holdOrders(from: u32, n: u32): void {
  for (let i: u32 = 0; i < n; i++) orders[i] = orders[from + i];
}

/**
 * Orders of the grams among `n` lines of those ranks, `nHeld` of which were there before: first come those whose middle line is
 * the least of their lines, which no neighbours both are, so windows share them longest; then the least middle line. Two at a
 * time: behind the last there is room.
 */
// @ts-ignore: decorator
@inline export function orderGrams(ranks: Ptr<u64>, nHeld: u32, n: u32): void {
  if (isUsual()) {
    orderTriples(ranks, nHeld, n);
    return;
  }
  const k = x.gramLines, middle = (k - 1) >> 1;
  const end = n - k + 1;
  for (let first: u32 = nHeld < k ? 0 : nHeld - k + 1; first < end; first += 2) {
    const at = addressIn(ranks, first);
    const rank = v128.load(at + (<usize>middle << 3));
    // The bit that makes a number the least: orders have a sign.
    let isOpen = i64x2.splat(i64.MIN_VALUE);
    for (let i: u32 = 0; i < middle; i++) isOpen = v128.and(isOpen, i64x2.gt_s(v128.load(at + (<usize>i << 3)), rank));
    for (let i = middle + 1; i < k; i++) isOpen = v128.and(isOpen, i64x2.gt_s(v128.load(at + (<usize>i << 3)), rank));
    v128.store(addressIn(orders, first), v128.or(rank, isOpen));
  }
}

/** The same for grams of three lines. */
// @ts-ignore: decorator
@inline function orderTriples(ranks: Ptr<u64>, nHeld: u32, n: u32): void {
  const first: u32 = nHeld < 3 ? 0 : nHeld - 2;
  const end = addressIn(ranks, n - 2);
  const toOrders = changetype<usize>(orders) - changetype<usize>(ranks);
  let before = v128.load(addressIn(ranks, first));
  for (let at = addressIn(ranks, first); at < end; at += 16) {
    const rank = v128.load(at, 8), after = v128.load(at, 16);
    const isOpen = v128.and(i64x2.gt_s(before, rank), i64x2.gt_s(after, rank));
    v128.store(at + toOrders, v128.or(rank, i64x2.shl(isOpen, 63)));
    before = after;
  }
}

/** The grams that the windows of the lines from `start` and from the next one on choose. Of equal ones it is the first. */
// @ts-ignore: decorator
@inline export function gramsOf(start: u32, nGrams: u32): v128 {
  const at = addressIn(orders, start);
  let least = v128.load(at);
  let best = i64x2(0, 1);
  for (let g: u32 = 1; g < nGrams; g++) {
    const order = v128.load(at + (<usize>g << 3));
    const isLess = i64x2.gt_s(least, order);
    least = v128.bitselect(order, least, isLess);
    best = v128.bitselect(i64x2.add(i64x2.splat(g), i64x2(0, 1)), best, isLess);
  }
  return i64x2.add(best, i64x2.splat(start));
}

/** Notes the grams that the windows among `n` lines choose, each once, behind `chosen`; returns how many these are. */
// @ts-ignore: decorator
@inline export function pickGrams(n: u32, chosen: i32): u32 {
  if (isUsual()) return pickOfFour(n, chosen);
  const m = x.minLines, nGrams = m - x.gramLines + 1;
  const nWindows = n - m + 1;
  let nPicks: u32 = 0;
  let last = chosen;
  for (let start: u32 = 0; start < nWindows; start += 2) {
    const both = gramsOf(start, nGrams);
    const one = <i32>i64x2.extract_lane(both, 0), two = <i32>i64x2.extract_lane(both, 1);
    picks[nPicks] = one;
    nPicks += <u32>(one != last);
    picks[nPicks] = two;
    // The second window may not be all there.
    nPicks += <u32>(two != one) & <u32>(start + 1 < nWindows);
    last = two;
  }
  return nPicks;
}

/** The same for windows of four grams: the first pair of a window is the second one of the window two lines before. */
// @ts-ignore: decorator
@inline function pickOfFour(n: u32, chosen: i32): u32 {
  const nWindows = n - (USUAL_LINES - 1);
  const list = changetype<usize>(picks);
  let to = list;
  let last = chosen;
  let at = changetype<usize>(orders);
  let one = v128.load(at), two = v128.load(at, 8);
  // Numbers of grams in their pair and of pairs in their window, negative: 0 or -1.
  let gram = i64x2.gt_s(one, two);
  let least = v128.bitselect(two, one, gram);
  for (let start: u32 = 0; start < nWindows; start += 2) {
    at += 16;
    one = v128.load(at);
    two = v128.load(at, 8);
    const nextGram = i64x2.gt_s(one, two);
    const next = v128.bitselect(two, one, nextGram);
    const pair = i64x2.gt_s(least, next);
    const place = i64x2.add(i64x2.add(pair, pair), v128.bitselect(nextGram, gram, pair));
    const first = <i32>start - <i32>i64x2.extract_lane(place, 0);
    const second = <i32>start + 1 - <i32>i64x2.extract_lane(place, 1);
    store<u32>(to, first);
    to += <usize>(first != last) << 2;
    store<u32>(to, second);
    // The second window may not be all there.
    to += <usize>(<u32>(second != first) & <u32>(start + 1 < nWindows)) << 2;
    last = second;
    gram = nextGram;
    least = next;
  }
  return <u32>(to - list) >> 2;
}
