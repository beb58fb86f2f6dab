// Turns what a study found into an exit code, for a build that must stop: measures in the study file what the
// conditions of `--fail-on` name, and says on stderr what it measured.

import type { StudySummary } from '../../protocol/study.ts';
import { countExtractable } from '../answers/measure-map.ts';
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
import { type Condition, holds, type Measure, namesLicense } from './fail-on-condition.ts';
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
    checkKind(file, condition, isMap);
    const { count, whole } = measure(db, condition);
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
function checkKind(file: string, { text, measured }: Condition, isMap: boolean): void {
  const isOfBoth = measured.kind === 'measure' && measured.measure === 'problems';
  if (isOfBoth || (measured.kind === 'extractable') === isMap) return;
  throw new UserError(`${file} is ${isMap ? 'an' : 'no'} extraction map, of which ${text} says nothing`, {
    action: isMap
      ? 'Ask for extractable(DRAWS,PROBABILITY).'
      : 'Make a map with verbatim discover, or ask for what samples repeat.',
  });
}

interface Measured {
  readonly count: number;
  /** The whole that the count is a share of; null where there is none. */
  readonly whole: number | null;
}

function measure(db: Database, { measured }: Condition): Measured {
  if (measured.kind === 'measure') return measures[measured.measure](db);
  if (measured.kind === 'extractable') {
    const { nExtractable, nWindows } = countExtractable(db, measured.n, measured.p);
    return { count: nExtractable, whole: nWindows };
  }
  const named = countDocumentsByLicense(db).filter(({ license }) => namesLicense(measured.pattern, license));
  return { count: named.reduce((sum, { nDocuments }) => sum + nDocuments, 0), whole: null };
}

const measures: Readonly<Record<Measure, (db: Database) => Measured>> = {
  'memorised-samples': (db) => ({ count: countMemorisedSamples(db), whole: countSamples(db) }),
  'memorised-lines': (db) => ({ count: countMemorisedLines(db), whole: countLines(db) }),
  fragments: (db) => ({ count: countFragments(db), whole: null }),
  'longest-fragment': (db) => ({ count: longestFragment(db), whole: null }),
  problems: (db) => ({ count: countProblems(db), whole: null }),
};
