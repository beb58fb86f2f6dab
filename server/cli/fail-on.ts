// Turns what a study found into an exit code, for a build that must stop: measures in the study file what the
// conditions of `--fail-on` name, and says on stderr what it measured.

import type { StudySummary } from '../../protocol/study.ts';
import {
  countExtractable,
  countGreedy,
  countLikeliest,
  countNearVerbatim,
  type WindowCount,
} from '../answers/maps/count-windows.ts';
import { UserError } from '../errors.ts';
import { summaryOf } from '../queries/study-summary.ts';
import {
  countDocumentsByLicense,
  countFragments,
  countLines,
  countMemorisedLines,
  countMemorisedSamples,
  countProblems,
  countSamples,
  longestFragment,
} from '../store/counts.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { type Condition, holds, isOfMaps, type Measure, namesLicense } from './fail-on-condition.ts';
import { CONDITION_MET } from './fail-on-option.ts';
import { tell } from './tell.ts';

/** Sets the exit code when one of them holds. */
export function failOn(file: string, conditions: readonly Condition[] = []): void {
  if (conditions.length === 0) return;
  using db = openForReading(file);
  const summary = summaryOf(db, file);
  const isMap = summary.plan.source.kind === 'map';
  if (isMap ? !isMapped(summary) : summary.nFragments === null) throw nothingToJudge(file, '--fail-on');
  for (const condition of conditions) {
    const { count, whole } = measure(db, file, condition);
    const share = whole === null || whole === 0 ? 0 : (100 * count) / whole;
    const isMet = holds(condition, condition.unit === 'per cent' ? share : count);
    if (isMet) process.exitCode = CONDITION_MET;
    const of = whole === null ? '' : ` of ${whole} (${share.toFixed(2)} %)`;
    tell(`--fail-on ${condition.text}: ${isMet ? 'met' : 'not met'}, ${count}${of}`);
  }
}

/** Whether all shards of an extraction map have been read. */
export const isMapped = ({ nShards, nShardsScanned }: StudySummary): boolean =>
  nShards > 0 && nShardsScanned === nShards;

export const nothingToJudge = (file: string, option: string): UserError =>
  new UserError(`${file} has not been analysed, so ${option} has nothing to judge`, {
    action: 'Let the study come to its end first.',
  });

/** A map has no samples, and a study of samples no windows: neither is a count of 0. */
function checkKind(file: string, condition: Condition, isMap: boolean): void {
  const { text, measured } = condition;
  const isOfBoth = measured.kind === 'measure' && measured.measure === 'problems';
  if (isOfBoth || isOfMaps(condition) === isMap) return;
  throw new UserError(`${file} is ${isMap ? 'an' : 'no'} extraction map, of which ${text} says nothing`, {
    action: isMap
      ? 'Ask for extractable(DRAWS,PROBABILITY), greedy, argmax or near-verbatim.'
      : 'Make a map with verbatim discover, or ask for what samples repeat.',
  });
}

export interface Measured {
  readonly count: number;
  /** The whole that the count is a share of; null where there is none. */
  readonly whole: number | null;
}

/** Throws a `UserError` for what the study says nothing of. */
export function measure(db: Database, file: string, condition: Condition): Measured {
  checkKind(file, condition, readStudy(db)?.plan.source.kind === 'map');
  const { measured } = condition;
  if (measured.kind === 'measure') return measures[measured.measure](db);
  if (measured.kind === 'extractable') {
    return wholeOf(countExtractable(db, measured.n, measured.p));
  }
  const named = countDocumentsByLicense(db).filter(({ license }) => namesLicense(measured.pattern, license));
  return { count: named.reduce((sum, { nDocuments }) => sum + nDocuments, 0), whole: null };
}

/** A gate that nothing went through is not passed. */
function wholeOf({ n, nAll }: WindowCount): Measured {
  if (nAll > 0) return { count: n, whole: nAll };
  throw new UserError('No window was measured, so --fail-on has nothing to judge', {
    action:
      'Choose a shorter --prefix or --suffix, or, for near-verbatim, windows to look at with --examine.',
  });
}

const suffixOf = (db: Database): number => readStudy(db)!.plan.map!.suffix;

const measures: Readonly<Record<Measure, (db: Database) => Measured>> = {
  'memorised-samples': (db) => ({ count: countMemorisedSamples(db), whole: countSamples(db) }),
  'memorised-lines': (db) => ({ count: countMemorisedLines(db), whole: countLines(db) }),
  fragments: (db) => ({ count: countFragments(db), whole: null }),
  'longest-fragment': (db) => ({ count: longestFragment(db), whole: null }),
  problems: (db) => ({ count: countProblems(db), whole: null }),
  greedy: (db) => wholeOf(countGreedy(db, suffixOf(db))),
  argmax: (db) => wholeOf(countLikeliest(db, suffixOf(db))),
  'near-verbatim': (db) => wholeOf(countNearVerbatim(db, suffixOf(db))),
};
