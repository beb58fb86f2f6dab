// What would match anyway, beside a study's rates: what the corpus shares with code that the model cannot have seen,
// samples that only repeat themselves, and how often the training data holds what is repeated.

import { bootstrapDifference, bootstrapSums } from '../analysis/bootstrap.ts';
import { COPY_RANGES } from '../analysis/extraction.ts';
import { differenceOfProportions, type Estimate, wilson } from '../analysis/intervals.ts';
import { isLoop } from '../analysis/repetition.ts';
import { type ControlRow, readControl } from '../store/control-table.ts';
import { readSampleRows, type SampleRow } from '../store/metrics-table.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import { countSamplesByTrain } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import type { Part } from './measure-study.ts';

/** What of samples, or of documents in their place, the corpus has. */
export interface MatchedParts {
  readonly samples: Part;
  readonly lines: Part;
  /** Windows of as many significant lines as a match needs; null where there is none, or some were not counted. */
  readonly windows: Part | null;
}

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

export function measureControls(db: Database): StudyControls {
  const rows = readSampleRows(db);
  const loops = findLoops(db, rows);
  const others = rows.filter(({ sampleId }) => !loops.has(sampleId));
  const control = readControl(db);
  const counts = countSamplesByTrain(
    db,
    COPY_RANGES.map(({ least, most }) => [least, Math.min(most, Number.MAX_SAFE_INTEGER)]),
  );
  return {
    all: partsOf(rows),
    loops: { nSamples: loops.size, ...partsOf(others) },
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
    ...partsOf(control),
    excess: {
      samples: differenceOfProportions(shareOfSamples(rows), shareOfSamples(control)),
      lines: lines!,
      windows: hasWindows(rows) && hasWindows(control) ? windows! : null,
    },
  };
}

function partsOf(rows: readonly ControlRow[]): MatchedParts {
  const columns = columnsOf(rows);
  const [lines, windows] = bootstrapSums(columns, shares);
  const [memorisedLines, nLines, memorisedWindows, nWindows] = columns.map((column) =>
    column.reduce((total, n) => total + n, 0),
  );
  return {
    samples: part(rows.filter(isMemorised).length, rows.length, shareOfSamples(rows)),
    lines: part(memorisedLines!, nLines!, lines!),
    windows: hasWindows(rows) ? part(memorisedWindows!, nWindows!, windows!) : null,
  };
}

const hasWindows = (rows: readonly ControlRow[]): boolean =>
  rows.every(({ nWindows, nMemorisedWindows }) => nWindows !== null && nMemorisedWindows !== null) &&
  rows.some(({ nWindows }) => nWindows! > 0);

const isMemorised = ({ nMemorisedLines }: ControlRow) => nMemorisedLines > 0;

const shareOfSamples = (rows: readonly ControlRow[]): Estimate =>
  wilson(rows.filter(isMemorised).length, rows.length);

const columnsOf = (rows: readonly ControlRow[]) => [
  rows.map(({ nMemorisedLines }) => nMemorisedLines),
  rows.map(({ nLines }) => nLines),
  rows.map(({ nMemorisedWindows }) => nMemorisedWindows ?? 0),
  rows.map(({ nWindows }) => nWindows ?? 0),
];

/** Memorised shares of lines and of windows. */
const shares = (sums: Float64Array): readonly number[] => [sums[0]! / sums[1]!, sums[2]! / sums[3]!];

/** A share of nothing is none. */
const part = (memorised: number, total: number, share: Estimate): Part => ({
  total,
  memorised,
  share: Number.isNaN(share.value) ? { value: 0, low: 0, high: 0 } : share,
});
