// What a closer look at some windows of a map says: how many suffixes greedy decoding gives word for word or nearly so,
// and how much likelier suffixes are behind their own prefix than behind unrelated ones. Intervals resample documents.

import { bootstrapSums } from '../../analysis/bootstrap.ts';
import { leastLogp } from '../../analysis/extraction.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import { type ExaminedWindow, readExamined } from '../../store/maps/map-examined.ts';
import type { MapSide } from '../../store/maps/map-reader.ts';
import type { Database } from '../../store/study-file.ts';
import { ColumnsOfUnits } from '../unit-columns.ts';

/** The share of a suffix's tokens that a near-verbatim continuation may miss, as reported for Gemma. */
const NEAR_SHARE = 0.1;

export interface ExaminedMeasures {
  /** Windows that greedy decoding went on with, behind their prefix alone. */
  readonly nWindows: number;
  /** No token differs. */
  readonly verbatim: Estimate;
  /** At most a tenth of the tokens differ (edit distance). */
  readonly nearVerbatim: Estimate;
  /** Null where there was no other document to take a prefix of. */
  readonly prior: PriorMeasures | null;
}

export interface PriorMeasures {
  readonly nWindows: number;
  /** Log-probability of the suffix at temperature 1 behind its own prefix minus the mean behind unrelated ones: mean, nats a window. */
  readonly gain: Estimate;
  /** Shares of windows that are extractable(100, 0.5): behind their own prefix, and on average behind unrelated ones. */
  readonly extractable: Estimate;
  readonly extractableUnrelated: Estimate;
}

const [WINDOWS, VERBATIM, NEAR, WITH_PRIOR, GAIN, OWN, UNRELATED] = [0, 1, 2, 3, 4, 5, 6];
const N_COLUMNS = 7;
const LEAST = leastLogp(100, 0.5);

/** Null where no window was looked at, or not all of them yet. */
export function measureExamined(db: Database, side: MapSide, suffix: number): ExaminedMeasures | null {
  const windows = readExamined(db, side);
  if (windows.length === 0 || windows.some(({ nEdits }) => nEdits === null)) return null;
  const byDocument = Map.groupBy(windows, ({ documentId }) => documentId);
  const units = new ColumnsOfUnits(N_COLUMNS);
  for (const some of byDocument.values()) units.add(columnsOf(some, suffix));
  const { sums } = units;
  const shares = (of: Float64Array) => [
    ...[VERBATIM, NEAR].map((column) => of[column]! / of[WINDOWS]!),
    ...[GAIN, OWN, UNRELATED].map((column) => of[column]! / of[WITH_PRIOR]!),
  ];
  const [verbatim, nearVerbatim, gain, extractable, extractableUnrelated] = bootstrapSums(
    units.columns(),
    shares,
  );
  return {
    nWindows: sums[WINDOWS]!,
    verbatim: verbatim!,
    nearVerbatim: nearVerbatim!,
    prior:
      sums[WITH_PRIOR] === 0
        ? null
        : {
            nWindows: sums[WITH_PRIOR]!,
            gain: gain!,
            extractable: extractable!,
            extractableUnrelated: extractableUnrelated!,
          },
  };
}

function columnsOf(windows: readonly ExaminedWindow[], suffix: number): Float64Array {
  const columns = new Float64Array(N_COLUMNS);
  for (const { nEdits, prior } of windows) {
    columns[WINDOWS]!++;
    if (nEdits === 0) columns[VERBATIM]!++;
    if (nEdits! <= NEAR_SHARE * suffix) columns[NEAR]!++;
    if (prior === null) continue;
    columns[WITH_PRIOR]!++;
    columns[GAIN]! += prior.plainOwn - prior.plainUnrelated;
    if (prior.drawnOwn >= LEAST) columns[OWN]!++;
    if (prior.drawnUnrelated >= LEAST) columns[UNRELATED]!++;
  }
  return columns;
}
