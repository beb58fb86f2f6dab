// The thread in which a Parquet file is read for the fuzzer.

import { answerGuarded } from '../../server/guard/answer-guarded.ts';
import type { Outcome } from './harness.ts';
import { readShard } from './read-shard.ts';

answerGuarded<string, Outcome>((file) => readShard(file));
