// Builds the index of a corpus for the editor, from places of this machine.

import { foreign } from '../../guard/text/foreign.ts';
import type { buildIndex as request } from '../../protocol/corpus-index.ts';
import { listDistinctPlaces } from '../corpus/distinct-places.ts';
import { buildIndex } from '../corpus-index/build-index.ts';
import type { Report } from '../progress.ts';
import { requireContentColumn } from './user-files.ts';

type Types = NonNullable<typeof request.types>;

const PROBLEMS_TOLD = 5;

export async function buildCorpusIndex(
  { index: folder, corpus, rule }: Types['params'],
  signal: AbortSignal,
  report: Report,
): Promise<Types['result']> {
  const { shards } = listDistinctPlaces(corpus);
  await requireContentColumn(shards, signal);
  const outcome = await buildIndex({ folder, shards, rule, workers: 'auto', signal, report });
  const { failures, nProblems, nAdded, nKept } = outcome;
  return {
    nShards: nAdded + nKept,
    problems: failures.slice(0, PROBLEMS_TOLD).map(foreign),
    nProblems: failures.length + nProblems,
  };
}
