// The thread in which a Parquet file is read for the fuzzer, as it is and a page at a time.

import { readFileSync } from 'node:fs';
import { memorySource } from '../../server/corpus/byte-source.ts';
import { readParquet } from '../../server/corpus/read-parquet.ts';
import { allRows } from '../../server/corpus/row-range.ts';
import { answerGuarded } from '../../server/guard/answer-guarded.ts';
import type { Outcome } from './harness.ts';
import { readShard } from './read-shard.ts';

const options = { signal: new AbortController().signal, onBytes: () => {}, onProblem: () => {} };

answerGuarded<string, Outcome>(async (file) => {
  const source = memorySource(readFileSync(file));
  for await (const _ of readParquet(source, { name: file, path: file }, options, allRows, 0));
  return readShard(file);
});
