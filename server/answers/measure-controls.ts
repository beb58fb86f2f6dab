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

export interface StudyControls {
  readonly loops: {
    /** Samples that only repeat a line or a block, or deflate to less than a tenth. */
    readonly nSamples: number;
    /** The rates without them. */
    readonly samples: Part;
    readonly lines: Part;
  };
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

export interface ControlRates {
  readonly nDocuments: number;
  /** Documents of which the corpus holds every line: they overlap with it, and are no control. */
  readonly nWhole: number;
  readonly samples: Part;
  readonly lines: Part;
  /** What samples have beyond the control. */
  readonly excess: { readonly samples: Estimate; readonly lines: Estimate };
}

export function measureControls(db: Database): StudyControls {
  const rows = readSampleRows(db);
  const zlibBytes = new Map(rows.map((row) => [row.sampleId, row.zlibBytes]));
  const loops = new Set<number>();
  const decoder = new TextDecoder();
  for (const { sampleId, text } of readSampleTexts(db)) {
    const nDeflated = zlibBytes.get(sampleId) ?? text.length;
    if (isLoop(decoder.decode(text), text.length, nDeflated)) loops.add(sampleId);
  }
  const others = rows.filter(({ sampleId }) => !loops.has(sampleId));
  const control = readControl(db);
  const counts = countSamplesByTrain(
    db,
    COPY_RANGES.map(({ least, most }) => [least, Math.min(most, Number.MAX_SAFE_INTEGER)]),
  );
  return {
    loops: { nSamples: loops.size, ...partsOf(others) },
    byCopies: COPY_RANGES.flatMap(({ name, least, most }, i) => {
      const { nFragments, nSamples } = counts[i]!;
      const samples = part(nSamples, rows.length, wilson(nSamples, rows.length));
      return nFragments === 0 ? [] : [{ name, least, most, fragments: nFragments, samples }];
    }),
    control: control && compareControl(rows, control),
  };
}

function compareControl(rows: readonly SampleRow[], control: readonly ControlRow[]): ControlRates {
  const [lines] = bootstrapDifference(columnsOf(rows), columnsOf(control), lineShare);
  return {
    nDocuments: control.length,
    nWhole: control.filter(({ nLines, nMemorisedLines }) => nLines > 0 && nMemorisedLines >= nLines).length,
    ...partsOf(control),
    excess: {
      samples: differenceOfProportions(shareOfSamples(rows), shareOfSamples(control)),
      lines: lines!,
    },
  };
}

function partsOf(rows: readonly ControlRow[]): { readonly samples: Part; readonly lines: Part } {
  const [lines] = bootstrapSums(columnsOf(rows), lineShare);
  const sum = (column: readonly number[]) => column.reduce((total, n) => total + n, 0);
  const [memorised, all] = columnsOf(rows).map(sum);
  return {
    samples: part(rows.filter(isMemorised).length, rows.length, shareOfSamples(rows)),
    lines: part(memorised!, all!, lines!),
  };
}

const isMemorised = ({ nMemorisedLines }: ControlRow) => nMemorisedLines > 0;

const shareOfSamples = (rows: readonly ControlRow[]): Estimate =>
  wilson(rows.filter(isMemorised).length, rows.length);

const columnsOf = (rows: readonly ControlRow[]) => [
  rows.map(({ nMemorisedLines }) => nMemorisedLines),
  rows.map(({ nLines }) => nLines),
];

const lineShare = (sums: Float64Array): readonly number[] => [sums[0]! / sums[1]!];

/** A share of nothing is none. */
const part = (memorised: number, total: number, share: Estimate): Part => ({
  total,
  memorised,
  share: Number.isNaN(share.value) ? { value: 0, low: 0, high: 0 } : share,
});
