// Sets of lines as ranges, 1-based, both ends inclusive.

export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export const overlaps = (ranges: readonly LineRange[], first: number, last: number): boolean =>
  ranges.some((range) => range.first <= last && range.last >= first);

export const holdsLine = (ranges: readonly LineRange[], line: number): boolean =>
  overlaps(ranges, line, line);

export const EVERY_LINE: readonly LineRange[] = [{ first: 1, last: Number.MAX_SAFE_INTEGER }];

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
