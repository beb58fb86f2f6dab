// Two or more studies side by side: what each has memorised that others have not, and whether their rates
// differ by more than chance. Fragments are the same when their fingerprints are.

import { isDrawn, type MatchRule, namesModel, type StudyPlan } from '../../protocol/study.ts';
import { bootstrapDifference } from '../analysis/bootstrap.ts';
import { differenceOfProportions, type Estimate, wilson } from '../analysis/intervals.ts';
import { fisherExact, holm } from '../analysis/significance.ts';
import { readSampleRows, type SampleRow } from '../store/metrics-table.ts';
import { readFingerprints, readFragmentFigures } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import { hasTokens } from './measure-parts.ts';
import { measureStudy, partColumns, partShares, type StudyMeasures } from './measure-study.ts';

export interface ComparedStudy {
  readonly name: string;
  readonly plan: StudyPlan;
  readonly measures: StudyMeasures;
}

/** Fragments that stand in exactly these studies. */
export interface SharedCount {
  readonly studies: readonly string[];
  readonly fragments: number;
}

export interface StudyPair {
  readonly a: string;
  readonly b: string;
  /** Difference a − b of the shares of memorised samples: Newcombe's interval, Fisher's exact test. */
  readonly samples: Estimate & {
    readonly pValue: number;
    /** Adjusted by Holm's method over all pairs. */
    readonly adjustedPValue: number;
  };
  /** Differences of the shares of lines and of tokens, bootstrapped over samples. */
  readonly lines: Estimate;
  readonly tokens: Estimate | null;
}

export interface Comparison {
  readonly studies: readonly ComparedStudy[];
  readonly shared: readonly SharedCount[];
  readonly pairs: readonly StudyPair[];
  /** Why the numbers may not be comparable, in sentences. */
  readonly warnings: readonly string[];
}

export interface StudyToCompare {
  readonly name: string;
  readonly db: Database;
  readonly plan: StudyPlan;
}

export function compareStudies(studies: readonly StudyToCompare[]): Comparison {
  const rows = studies.map(({ db }) => readSampleRows(db));
  return {
    studies: studies.map(({ name, plan, db }) => ({ name, plan, measures: measureStudy(db) })),
    shared: countShared(studies),
    pairs: comparePairs(
      studies.map(({ name }) => name),
      rows,
    ),
    warnings: findWarnings(studies),
  };
}

/** A fragment of several studies, with its counts in each; 0 where it is not. */
export interface ComparedFragment {
  readonly fingerprint: string;
  /** Significant lines. */
  readonly nLines: number;
  readonly studies: readonly string[];
  readonly train: readonly number[];
  readonly extract: readonly number[];
}

/** Sorted by the number of studies, then by train, descending. */
export function compareFragments(studies: readonly StudyToCompare[]): readonly ComparedFragment[] {
  const found = new Map<string, { nLines: number; train: number[]; extract: number[] }>();
  for (const [i, { db }] of studies.entries()) {
    const figures = readFragmentFigures(db, ['fingerprint', 'nLines', 'train', 'extract']);
    for (const { fingerprint: key, nLines, train, extract } of figures) {
      const known = found.get(key) ?? {
        nLines,
        train: studies.map(() => 0),
        extract: studies.map(() => 0),
      };
      known.train[i] = train;
      known.extract[i] = extract;
      found.set(key, known);
    }
  }
  const most = (counts: readonly number[]) => Math.max(...counts);
  return [...found]
    .map(([fingerprint, fragment]) => ({
      fingerprint,
      ...fragment,
      studies: studies.filter((_, i) => fragment.extract[i]! > 0).map(({ name }) => name),
    }))
    .sort(
      (a, b) =>
        b.studies.length - a.studies.length ||
        most(b.train) - most(a.train) ||
        (a.fingerprint < b.fingerprint ? -1 : 1),
    );
}

function countShared(studies: readonly StudyToCompare[]): readonly SharedCount[] {
  const masks = new Map<string, number>();
  for (const [i, { db }] of studies.entries()) {
    for (const fingerprint of readFingerprints(db)) {
      masks.set(fingerprint, (masks.get(fingerprint) ?? 0) | (1 << i));
    }
  }
  const counts = new Map<number, number>();
  for (const mask of masks.values()) counts.set(mask, (counts.get(mask) ?? 0) + 1);
  // Two studies always get their three numbers, also where they are 0.
  if (studies.length === 2) for (const mask of [1, 2, 3]) counts.set(mask, counts.get(mask) ?? 0);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([mask, fragments]) => ({
      studies: studies.filter((_, i) => mask & (1 << i)).map(({ name }) => name),
      fragments,
    }));
}

function comparePairs(
  names: readonly string[],
  rows: readonly (readonly SampleRow[])[],
): readonly StudyPair[] {
  const indices = names.flatMap((_, i) => names.slice(i + 1).map((_, k) => [i, i + 1 + k] as const));
  const pairs = indices.map(([i, k]) => {
    const [a, b] = [successes(rows[i]!), successes(rows[k]!)];
    const [, lines, tokens] = bootstrapDifference(partColumns(rows[i]!), partColumns(rows[k]!), partShares);
    return {
      a: names[i]!,
      b: names[k]!,
      samples: {
        ...differenceOfProportions(wilson(a.successes, a.total), wilson(b.successes, b.total)),
        pValue: fisherExact(a, b),
      },
      lines: lines!,
      tokens: hasTokens(rows[i]!) && hasTokens(rows[k]!) ? tokens! : null,
    };
  });
  const adjusted = holm(pairs.map(({ samples }) => samples.pValue));
  return pairs.map((pair, i) => ({ ...pair, samples: { ...pair.samples, adjustedPValue: adjusted[i]! } }));
}

const successes = (rows: readonly SampleRow[]) => ({
  successes: rows.filter(({ nMemorisedLines }) => nMemorisedLines > 0).length,
  total: rows.length,
});

function findWarnings(studies: readonly StudyToCompare[]): readonly string[] {
  const differ = (of: (plan: StudyPlan) => unknown) =>
    new Set(studies.map(({ plan }) => JSON.stringify(of(plan)))).size > 1;
  const warnings: string[] = [];
  const rule = ({ minLines, profile }: MatchRule) => `${minLines} lines, ${profile}`;
  if (differ((plan) => plan.rule)) {
    warnings.push(
      `The rules differ (${studies.map(({ name, plan }) => `${name}: ${rule(plan.rule)}`).join('; ')}): the same text may have other fingerprints.`,
    );
  }
  if (differ((plan) => plan.corpus)) {
    warnings.push('The corpora differ: a rate may differ because of what was looked through.');
  }
  if (differ((plan) => (plan.source.kind === 'samples' ? null : plan.sampling.maxTokens))) {
    warnings.push(
      'The samples are of different lengths: a longer one has more room for a fragment, so compare lines or tokens.',
    );
  }
  const paired =
    studies.every(({ plan }) => isDrawn(plan.source)) &&
    !differ(({ source, sampling }) => [source.model, namesModel(source), sampling.seed]);
  if (paired && studies.length > 1) {
    warnings.push(
      'The studies share model and seed, so their samples are not independent: the tests are then on the careful side.',
    );
  }
  return warnings;
}
