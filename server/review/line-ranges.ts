// Sets of lines as ranges, 1-based, both ends inclusive, in ascending order and apart from each other: what others noted
// may have millions.

export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export function overlaps(ranges: readonly LineRange[], first: number, last: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.last < first) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]!.first <= last;
}

export const holdsLine = (ranges: readonly LineRange[], line: number): boolean =>
  overlaps(ranges, line, line);

export const EVERY_LINE: readonly LineRange[] = [{ first: 1, last: Number.MAX_SAFE_INTEGER }];

/** Ranges in any order, which may overlap. */
export function joined(ranges: readonly LineRange[]): readonly LineRange[] {
  const found: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = found.at(-1);
    if (last < first) continue;
    if (before && first <= before.last) before.last = Math.max(before.last, last);
    else found.push({ first, last });
  }
  return found;
}

/** Lines that are in both. */
export function shared(a: readonly LineRange[], b: readonly LineRange[]): readonly LineRange[] {
  const found: LineRange[] = [];
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    const first = Math.max(a[i]!.first, b[k]!.first);
    const last = Math.min(a[i]!.last, b[k]!.last);
    if (first <= last) found.push({ first, last });
    if (a[i]!.last < b[k]!.last) i++;
    else k++;
  }
  return found;
}

/** Lines in ascending order. */
export function toRanges(lines: readonly number[]): LineRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const line of lines) {
    const before = ranges.at(-1);
    if (before && line <= before.last + 1) before.last = Math.max(before.last, line);
    else ranges.push({ first: line, last: line });
  }
  return ranges;
}
