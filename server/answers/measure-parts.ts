// Which parts of a study's samples are memorised: whole samples, lines, windows and tokens, with intervals that come out of
// the same draws.

import { bootstrapSums } from '../analysis/bootstrap.ts';
import { type Estimate, wilson } from '../analysis/intervals.ts';
import type { ControlRow } from '../store/control-table.ts';
import { readSampleRows, type SampleRow } from '../store/metrics-table.ts';
import type { Database } from '../store/study-file.ts';

/** A number out of a total; the interval is of the share. */
export interface Part {
  readonly total: number;
  readonly memorised: number;
  readonly share: Estimate;
}

/** What of samples, or of documents in their place, the corpus has. */
export interface MatchedParts {
  readonly samples: Part;
  readonly lines: Part;
  /** Windows of as many significant lines as a match needs; null where there is none, or some were not counted. */
  readonly windows: Part | null;
}

/** Read and drawn once for all that is told of a study. */
export interface MeasuredSamples {
  readonly rows: readonly SampleRow[];
  /** `tokens` is null where the tokens of some sample are unknown. */
  readonly parts: MatchedParts & { readonly tokens: Part | null };
}

export function measureParts(db: Database): MeasuredSamples {
  const rows = readSampleRows(db);
  const tokens = hasTokens(rows)
    ? [rows.map(({ nMemorisedTokens }) => nMemorisedTokens ?? 0), rows.map(({ nTokens }) => nTokens!)]
    : [];
  const [parts, shareOfTokens] = drawParts(rows, tokens);
  return { rows, parts: { ...parts, tokens: shareOfTokens ?? null } };
}

export const matchedParts = (rows: readonly ControlRow[]): MatchedParts => drawParts(rows, [])[0];

/** `more` are pairs of columns, parts and totals, to be measured by the same draws. */
function drawParts(
  rows: readonly ControlRow[],
  more: readonly (readonly number[])[],
): readonly [MatchedParts, ...Part[]] {
  const columns = [
    rows.map(({ nMemorisedLines }) => nMemorisedLines),
    rows.map(({ nLines }) => nLines),
    ...(hasWindows(rows)
      ? [rows.map(({ nMemorisedWindows }) => nMemorisedWindows!), rows.map(({ nWindows }) => nWindows!)]
      : []),
  ];
  const all = [...columns, ...more];
  const totals = all.map((column) => column.reduce((total, n) => total + n, 0));
  const parts = bootstrapSums(all, sharesOf).map((share, pair) =>
    part(totals[2 * pair]!, totals[2 * pair + 1]!, share),
  );
  const [lines, ...others] = parts as [Part, ...Part[]];
  const windows = columns.length > 2 ? others.shift()! : null;
  // A bootstrap of samples that are all memorised, or none, would claim to be certain.
  const samples = part(rows.filter(isMemorised).length, rows.length, shareOfSamples(rows));
  return [{ samples, lines, windows }, ...others];
}

/** The share that each first column of a pair is of the second. */
const sharesOf = (sums: Float64Array): readonly number[] =>
  Array.from({ length: sums.length / 2 }, (_, pair) => sums[2 * pair]! / sums[2 * pair + 1]!);

export const hasTokens = (rows: readonly SampleRow[]): boolean =>
  rows.length > 0 && rows.every(({ nTokens }) => nTokens !== null);

export const hasWindows = (rows: readonly ControlRow[]): boolean =>
  rows.every(({ nWindows, nMemorisedWindows }) => nWindows !== null && nMemorisedWindows !== null) &&
  rows.some(({ nWindows }) => nWindows! > 0);

const isMemorised = ({ nMemorisedLines }: ControlRow) => nMemorisedLines > 0;

export const shareOfSamples = (rows: readonly ControlRow[]): Estimate =>
  wilson(rows.filter(isMemorised).length, rows.length);

/** A share of nothing is shown as none. */
export const part = (memorised: number, total: number, share: Estimate): Part => ({
  total,
  memorised,
  share: Number.isNaN(share.value) ? { value: 0, low: 0, high: 0 } : share,
});
