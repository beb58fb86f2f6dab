// Reads a shard as a scan does, document by document: a problem that is named is a refusal.

import { readDocuments } from '../../server/corpus/read-documents.ts';
import { listShards } from '../../server/corpus/shard.ts';
import { type Outcome, outcomeOf } from './harness.ts';

const { signal } = new AbortController();

export async function readShard(file: string): Promise<Outcome> {
  let nProblems = 0;
  const onProblem = () => nProblems++;
  const outcome = await outcomeOf(async () => {
    for (const shard of listShards([file]))
      for await (const _ of readDocuments(shard, { signal, onBytes: () => {}, onProblem }));
  });
  return nProblems > 0 ? 'refused' : outcome;
}

export const rows: string = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({
    content: `line ${i}\nünï\u{1f600} "quoted"\n`.repeat(3),
    repo_name: `owner/r${i}`,
    path: `src/${i}.py`,
    licenses: ['MIT', 'Apache-2.0'],
    size: i * 1e3,
    deep: { a: [1, { b: null }] },
  }),
).join('\n');
