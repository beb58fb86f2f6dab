// What would match anyway, beside a study's rates: what the corpus shares with code that the model cannot have seen,
// samples that only repeat themselves, and how often the training data holds what is repeated.

import { bootstrapDifference } from '../analysis/bootstrap.ts';
import { COPY_RANGES } from '../analysis/extraction.ts';
import { differenceOfProportions, type Estimate, wilson } from '../analysis/intervals.ts';
import { isLoop } from '../analysis/repetition.ts';
import { type ControlRow, readControl } from '../store/control-table.ts';
import type { SampleRow } from '../store/metrics-table.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import { countSamplesByTrain } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import {
  hasWindows,
  type MatchedParts,
  type MeasuredSamples,
  matchedParts,
  measureParts,
  type Part,
  part,
  shareOfSamples,
} from './measure-parts.ts';

export interface StudyControls {
  /** The study's own. */
  readonly all: MatchedParts;
  /** The rates without samples that only repeat a line or a block, or deflate to less than a tenth. */
  readonly loops: { readonly nSamples: number } & MatchedParts;
  /** Fragments by how often the training data holds them; ranges without one are left out. */
  readonly byCopies: readonly CopiesGroup[];
  /** Null where the plan has none. */
  readonly control: ControlRates | null;
}

export interface CopiesGroup {
  readonly name: string;
  readonly least: number;
  /** Infinity for the last. */
  readonly most: number;
  readonly fragments: number;
  /** Samples with at least one such fragment, among the places that are kept. */
  readonly samples: Part;
}

export interface ControlRates extends MatchedParts {
  readonly nDocuments: number;
  /** Documents of which the corpus holds every line: they overlap with it, and are no control. */
  readonly nWhole: number;
  /** What samples have beyond the control. */
  readonly excess: {
    readonly samples: Estimate;
    readonly lines: Estimate;
    /** Null where either has none. */
    readonly windows: Estimate | null;
  };
}

/** Leave `ofSamples` out where nothing else is measured. */
export function measureControls(db: Database, ofSamples: MeasuredSamples = measureParts(db)): StudyControls {
  const { rows } = ofSamples;
  const { samples, lines, windows } = ofSamples.parts;
  const all = { samples, lines, windows };
  const loops = findLoops(db, rows);
  const others = rows.filter(({ sampleId }) => !loops.has(sampleId));
  const control = readControl(db);
  const counts = countSamplesByTrain(
    db,
    COPY_RANGES.map(({ least, most }) => [least, Math.min(most, Number.MAX_SAFE_INTEGER)]),
  );
  return {
    all,
    loops: { nSamples: loops.size, ...(loops.size === 0 ? all : matchedParts(others)) },
    byCopies: COPY_RANGES.flatMap(({ name, least, most }, i) => {
      const { nFragments, nSamples } = counts[i]!;
      const samples = part(nSamples, rows.length, wilson(nSamples, rows.length));
      return nFragments === 0 ? [] : [{ name, least, most, fragments: nFragments, samples }];
    }),
    control: control && compareControl(rows, control),
  };
}

/** Samples that only repeat themselves, which versions before did not note. */
export function findLoops(db: Database, rows: readonly SampleRow[]): ReadonlySet<number> {
  if (rows.every((row) => row.isLoop !== null)) {
    return new Set(rows.filter((row) => row.isLoop).map(({ sampleId }) => sampleId));
  }
  const zlibBytes = new Map(rows.map((row) => [row.sampleId, row.zlibBytes]));
  const loops = new Set<number>();
  const decoder = new TextDecoder();
  const decode = (text: Uint8Array) => decoder.decode(text);
  for (const { sampleId, text } of readSampleTexts(db)) {
    const nDeflated = zlibBytes.get(sampleId) ?? text.length;
    if (isLoop(text, nDeflated, decode)) loops.add(sampleId);
  }
  return loops;
}

function compareControl(rows: readonly SampleRow[], control: readonly ControlRow[]): ControlRates {
  const [lines, windows] = bootstrapDifference(columnsOf(rows), columnsOf(control), shares);
  return {
    nDocuments: control.length,
    nWhole: control.filter(({ nLines, nMemorisedLines }) => nLines > 0 && nMemorisedLines >= nLines).length,
    ...matchedParts(control),
    excess: {
      samples: differenceOfProportions(shareOfSamples(rows), shareOfSamples(control)),
      lines: lines!,
      windows: hasWindows(rows) && hasWindows(control) ? windows! : null,
    },
  };
}

const columnsOf = (rows: readonly ControlRow[]) => [
  rows.map(({ nMemorisedLines }) => nMemorisedLines),
  rows.map(({ nLines }) => nLines),
  rows.map(({ nMemorisedWindows }) => nMemorisedWindows ?? 0),
  rows.map(({ nWindows }) => nWindows ?? 0),
];

/** Memorised shares of lines and of windows. */
const shares = (sums: Float64Array): readonly number[] => [sums[0]! / sums[1]!, sums[2]! / sums[3]!];
