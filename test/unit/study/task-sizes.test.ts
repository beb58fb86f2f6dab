// How much a job is given: about ten minutes of what its cores or cards are known to do.

import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Shard } from '../../../server/corpus/shard.ts';
import type { SampleInput } from '../../../server/study/tasks/sample-work.ts';
import { mapSpeed, sampleRanges, scanSpeed, shardGroups } from '../../../server/study/tasks/task-sizes.ts';
import { scratchFolder } from '../../support/scratch.ts';

const MODEL_BYTES = 444e6;
const model = join(scratchFolder(), 'model');
mkdirSync(model);
writeFileSync(join(model, 'model.safetensors'), '');
truncateSync(join(model, 'model.safetensors'), MODEL_BYTES);

const sizes = { tasksAJob: 'auto', coresAJob: 8, maxRunning: 100 } as const;
const inputFor = (provider: 'auto' | 'cpu', batch: number | 'auto'): SampleInput => ({
  ...{ model, modelDigest: '', execution: { provider, batch, workers: 'auto' } },
  plan: { maxTokens: 512 } as SampleInput['plan'],
});
const isAboutTenMinutes = (seconds: number) => assert(seconds > 500 && seconds < 1300, `${seconds} s`);

test('jobs that sample last ten minutes on cores and on cards', () => {
  const seconds = (provider: 'auto' | 'cpu', cardsAJob: number, tokensPerSecond: number) => {
    const asked = sampleRanges(1e7, () => false, { ...sizes, cardsAJob }, inputFor(provider, 512));
    const [first, end] = asked.tasks[0]!;
    return (asked.tasksAJob * (end - first) * 512) / tokensPerSecond;
  };
  isAboutTenMinutes(seconds('cpu', 0, 8 * 388));
  isAboutTenMinutes(seconds('cpu', 4, 8 * 388));
  isAboutTenMinutes(seconds('auto', 1, 222_010));
  isAboutTenMinutes(seconds('auto', 4, 4 * 222_010));
});

test('jobs that read shards do so, too, and a large shard is many tasks of several jobs', async () => {
  const shard = { format: 'parquet', nBytes: 50e9, files: [] } as unknown as Shard;
  const split = async ({ nBytes }: Shard, partBytes: number) => {
    const of = Math.floor(nBytes / partBytes);
    return Array.from({ length: of }, (_, n) => ({ n, of, rows: { fromRow: n, toRow: n + 1 } }));
  };
  const jobSeconds = async (kind: 'scan' | 'map', speed: number) => {
    const { tasks, tasksAJob } = await shardGroups([shard], sizes, kind, split, speed);
    assert(tasks.every((task) => task.length === 1));
    return (tasksAJob * 50e9) / tasks.length / speed;
  };
  isAboutTenMinutes(await jobSeconds('scan', scanSpeed({ ...sizes, coresAJob: 1 })));
  const card = { ...sizes, cardsAJob: 1 };
  assert.equal(mapSpeed(card, inputFor('auto', 'auto')), 4 * 1_421_787);
  assert.equal(mapSpeed(card, inputFor('cpu', 'auto')), mapSpeed(sizes, inputFor('auto', 'auto')));
  isAboutTenMinutes(await jobSeconds('map', mapSpeed(card, inputFor('auto', 'auto'))));
});
