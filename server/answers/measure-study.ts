// How much a study's model has memorised, in numbers with intervals. Reads the file, computes with
// server/analysis, and keeps nothing.

import { type Correlation, pearson, spearman } from '../analysis/correlation.ts';
import type { Estimate } from '../analysis/intervals.ts';
import { type GrowthPoint, rarefaction } from '../analysis/rarefaction.ts';
import { chao1, chao2, frequencyCounts, goodTuringCoverage } from '../analysis/unseen.ts';
import { type FragmentCounts, readFragmentCounts } from '../store/fragment-counts.ts';
import type { SampleRow } from '../store/metrics-table.ts';
import type { Database } from '../store/study-file.ts';
import { type MeasuredSamples, measureParts, type Part } from './measure-parts.ts';

export interface StudyMeasures {
  readonly samples: Part;
  readonly lines: Part;
  /** Null where the tokens of some sample are unknown. */
  readonly tokens: Part | null;
  readonly fragments: {
    /** The number of distinct fragments, with the interval for another study of as many samples. */
    readonly count: Estimate;
    readonly families: number;
    readonly extract: number;
    readonly train: number;
  };
  readonly correlation: { readonly pearson: Correlation | null; readonly spearman: Correlation | null };
  readonly growth: readonly GrowthPoint[];
  readonly unseen: {
    /** Fragments that samples without end would show, by occurrences and by samples. */
    readonly chao1: Estimate;
    readonly chao2: number;
    /** Null where nothing was found. */
    readonly goodTuringCoverage: number | null;
  };
  readonly byLength: readonly LengthBin[];
}

export interface LengthBin {
  readonly fromLines: number;
  readonly toLines: number;
  readonly fragments: number;
  readonly extract: number;
  readonly train: number;
}

/** Leave `ofSamples` out where nothing else is measured. */
export function measureStudy(db: Database, ofSamples: MeasuredSamples = measureParts(db)): StudyMeasures {
  const { rows, parts } = ofSamples;
  const counts = readFragmentCounts(db);
  const nSamples = rows.length;
  const incidences = frequencyCounts(counts.nSamples);
  const abundances = frequencyCounts(counts.extract);
  const growth = rarefaction(incidences, nSamples);
  const last = growth.at(-1);
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
  const coverage = goodTuringCoverage(abundances);
  return {
    samples: parts.samples,
    lines: parts.lines,
    tokens: parts.tokens,
    fragments: {
      count: { value: counts.n, low: last?.low ?? 0, high: last?.high ?? 0 },
      families: new Set(counts.family).size,
      extract: sum(counts.extract),
      train: sum(counts.train),
    },
    correlation: {
      pearson: pearson(counts.train, counts.extract) ?? null,
      spearman: spearman(counts.train, counts.extract) ?? null,
    },
    growth,
    unseen: {
      chao1: chao1(abundances),
      chao2: chao2(incidences, nSamples),
      goodTuringCoverage: Number.isNaN(coverage) ? null : coverage,
    },
    byLength: binByLength(counts),
  };
}

/** The columns that shares are made of, for `partShares`. */
export const partColumns = (rows: readonly SampleRow[]) =>
  [
    rows.map(({ nMemorisedLines }) => (nMemorisedLines > 0 ? 1 : 0)),
    rows.map(({ nMemorisedLines }) => nMemorisedLines),
    rows.map(({ nLines }) => nLines),
    rows.map(({ nMemorisedTokens }) => nMemorisedTokens ?? 0),
    rows.map(({ nTokens }) => nTokens ?? 0),
  ] as const;

/** Memorised shares of samples, lines and tokens. */
export const partShares = (sums: Float64Array, nSamples: number): readonly number[] => [
  sums[0]! / nSamples,
  sums[1]! / sums[2]!,
  sums[3]! / sums[4]!,
];

/** Bins double in width, from the shortest length found on. */
function binByLength({ n, nLines, extract, train }: FragmentCounts): readonly LengthBin[] {
  const shortest = nLines.reduce((least, length) => Math.min(least, length), Number.POSITIVE_INFINITY);
  const bins: LengthBin[] = [];
  for (let from = shortest, width = 2; bins.reduce((sum, b) => sum + b.fragments, 0) < n; width *= 2) {
    const bin = { fromLines: from, toLines: from + width - 1, fragments: 0, extract: 0, train: 0 };
    for (let i = 0; i < n; i++) {
      if (nLines[i]! < bin.fromLines || nLines[i]! > bin.toLines) continue;
      bin.fragments++;
      bin.extract += extract[i]!;
      bin.train += train[i]!;
    }
    bins.push(bin);
    from += width;
  }
  return bins;
}
