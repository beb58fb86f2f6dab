// What is kept as a code is said in words: the same in every report, and as the views say it.

import type { StudyState, StudySummary } from '../../protocol/study.ts';
import type { Category } from '../../protocol/views.ts';
import { count } from './report-numbers.ts';

/** Kinds of fragments. */
export const KIND_WORDS: Readonly<Record<Category, string>> = {
  license: 'licence texts',
  copyright: 'copyright notices',
  generated: 'generated code',
  documentation: 'documentation',
  imports: 'imports',
  configuration: 'configuration',
  tests: 'tests',
  boilerplate: 'boilerplate',
  logic: 'program logic',
};

export const stateWord = (state: StudyState): string => (state === 'cancelled' ? 'paused' : state);

/** Shards are counted once the samples are there. */
export const scannedWords = ({ nShards, nShardsScanned }: StudySummary): string =>
  nShards === 0 ? 'nothing scanned yet' : `${nShardsScanned} of ${nShards} shards scanned`;

/** None before anything was looked at would be a claim. */
export const problemWords = ({ nShardsScanned, nProblems }: StudySummary): string =>
  nShardsScanned === 0 && nProblems === 0 ? 'not known yet' : count(nProblems);
