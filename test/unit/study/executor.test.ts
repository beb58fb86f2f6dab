// The place where the work of a study is done changes nothing about the study: an executor that cuts it into tasks, as a cluster
// would, and gives the results back in another order, leaves the same tables as this machine does.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLAN_VERSION, type StudyPlan } from '../../../protocol/study.ts';
import { defaultRule, defaultSampling } from '../../../server/plan/plan.ts';
import { readSampleTexts } from '../../../server/store/samples-table.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import type { Executor } from '../../../server/study/executors/executor.ts';
import { localExecutor } from '../../../server/study/executors/local.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { runSweep } from '../../../server/study/run-sweep.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const execution = { provider: 'cpu', batch: 2, workers: 1 } as const;
const run = { execution, signal: new AbortController().signal, report: () => {} };
const SAMPLES_A_TASK = 3;
const model = writeRandomCheckpoint(scratchFolder());

/** Every task is run by itself, and twice, since a task may be; the last ones come back first. */
function inTasks(): Executor & { readonly nTasks: () => number } {
  let nTasks = 0;
  const runTwice = async <T>(task: () => AsyncIterable<T>): Promise<readonly T[]> => {
    nTasks++;
    for await (const _ of task());
    const results: T[] = [];
    for await (const result of task()) results.push(result);
    return results;
  };
  return {
    ...localExecutor,
    nTasks: () => nTasks,
    async *sample(request) {
      const results = [];
      for (let first = 0; first < request.plan.nSamples; first += SAMPLES_A_TASK) {
        const isDone = (id: number) => id < first || id >= first + SAMPLES_A_TASK || request.isDone(id);
        results.push(await runTwice(() => localExecutor.sample({ ...request, isDone })));
      }
      yield* results.reverse().flat();
    },
    async *scan(request) {
      const results = [];
      for (const shard of request.shards) {
        results.push(await runTwice(() => localExecutor.scan({ ...request, shards: [shard] })));
      }
      yield* results.reverse().flat();
    },
  };
}

/** All tables but the one that says how it was run. */
const tablesOf = (file: string) => dumpStudy(file).replace(/^## study\n.*\n/m, '');

/** A corpus that holds what the model writes, since it says the same again for the same seed. */
async function makePlan(folder: string): Promise<StudyPlan> {
  const sampling = { ...defaultSampling, nSamples: 6, maxTokens: 40, topK: 0, temperature: 1.5 };
  const rule = { ...defaultRule, minLines: 1 };
  const source = { kind: 'model', model } as const;
  const plan = { version: PLAN_VERSION, source, corpus: [], sampling, rule } as const;
  const file = join(folder, 'first.sqlite');
  await runStudy({ ...run, file, plan, upTo: 'sample' });
  using db = openForReading(file);
  const texts = Array.from(readSampleTexts(db), ({ text }) => new TextDecoder().decode(text));
  const row = (content: string) => `${JSON.stringify({ content })}\n`;
  writeFileSync(join(folder, 'a.jsonl'), texts.slice(0, 4).map(row).join(''));
  writeFileSync(join(folder, 'b.jsonl'), texts.slice(2).map(row).join(''));
  return { ...plan, corpus: [join(folder, 'a.jsonl'), join(folder, 'b.jsonl')] };
}

test('a study in tasks has the tables of a study on this machine', async () => {
  const folder = scratchFolder();
  const plan = await makePlan(folder);
  const executor = inTasks();
  const [here, there] = [join(folder, 'here.sqlite'), join(folder, 'there.sqlite')];
  const summary = await runStudy({ ...run, file: here, plan, upTo: 'analyse' });
  await runStudy({ ...run, file: there, plan, upTo: 'analyse', executor });
  assert.equal(executor.nTasks(), 2 + 2);
  assert(summary.nFragments! > 0, 'there is something to compare');
  assert.equal(tablesOf(there), tablesOf(here));
});

test('a sweep in tasks has the tables of separate runs, and each shard is one task for all', async () => {
  const folder = scratchFolder();
  const plan = await makePlan(folder);
  const plans = [1, 2].map((seed) => ({ ...plan, sampling: { ...plan.sampling, seed } }));
  const studies = plans.map((each, i) => ({ plan: each, file: join(folder, `sweep-${i}.sqlite`) }));
  const executor = inTasks();
  await runSweep({ ...run, studies, onStudy: () => {}, executor });
  assert.equal(executor.nTasks(), 2 * 2 + 2);
  for (const [i, { file }] of studies.entries()) {
    const alone = join(folder, `alone-${i}.sqlite`);
    await runStudy({ ...run, file: alone, plan: plans[i]!, upTo: 'analyse' });
    assert.equal(tablesOf(file), tablesOf(alone));
  }
});
