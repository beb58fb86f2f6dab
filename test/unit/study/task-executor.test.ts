// A study in tasks, as jobs of a scheduler would do them: the tables are those of this machine, whoever is cut off, and whoever
// goes on.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Progress, StudyPlan } from '../../../protocol/study.ts';
import { runTasks } from '../../../server/cluster/run-tasks.ts';
import type { TaskFolder } from '../../../server/cluster/task-folder.ts';
import { defaultMap } from '../../../server/plan/plan.ts';
import { taskExecutor } from '../../../server/study/executors/tasks.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { currentPlan, workOf } from '../../../server/study/tasks/open-plan.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { type JobsHere, jobsHere } from '../../support/jobs-here.ts';
import { modelPlan } from '../../support/plans.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { until } from '../../support/server-client.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
const row = (i: number) => JSON.stringify({ content: `line ${i}\nof\na\ntext\n${'x y z\n'.repeat(30)}` });
writeFileSync(
  join(corpus, 'a.jsonl'),
  [row(1), '{"content": oops', '{"no": "text"}', row(2), '{"no": "more"}'].join('\n'),
);
const whole = gzipSync([row(3), row(4)].join('\n'));
writeFileSync(join(corpus, 'b.json.gz'), whole);
writeFileSync(join(corpus, 'c.json.gz'), whole.subarray(0, whole.length - 9));
const tableRows = [5, 6, 7].map((i) => ({ content: JSON.parse(row(i)).content, path: `${i}.txt` }));
writeFileSync(join(corpus, 'd.parquet'), writeParquet(tableRows, { codec: 'ZSTD', rowsPerGroup: 1 }));

const plan: StudyPlan = {
  ...modelPlan(model, [corpus], { nSamples: 12, maxTokens: 12, topK: 0 }),
  rule: { minLines: 1, profile: 'exact-1' },
};
const map: StudyPlan = {
  ...modelPlan(model, [corpus]),
  source: { kind: 'map', model },
  map: { ...defaultMap, prefix: 10, suffix: 8, stride: 5, keep: 0 },
};
const execution = { provider: 'cpu', batch: 2, workers: 1 } as const;
const sizes = { tasksAJob: 2, coresAJob: 1, maxRunning: 1, taskBytes: 1 } as const;
const tablesOf = (file: string) => dumpStudy(file).replace(/^## study\n.*\n/m, '');

let nFiles = 0;
const newFile = () => join(folder, `${nFiles++}.sqlite`);

async function here(asked: StudyPlan): Promise<string> {
  const file = newFile();
  const signal = new AbortController().signal;
  await runStudy({ file, plan: asked, execution, upTo: 'analyse', signal, report: () => {} });
  return tablesOf(file);
}

interface There {
  readonly file: string;
  readonly plan: StudyPlan;
  readonly queueFor?: (tasks: TaskFolder) => JobsHere;
  readonly stop?: AbortController;
  readonly report?: (progress: Progress) => void;
  /** Small enough, every row of a shard that can be cut is a part of it. */
  readonly partBytes?: number;
}

function there({
  file,
  plan: asked,
  queueFor = jobsHere,
  stop = new AbortController(),
  report = () => {},
  partBytes,
}: There) {
  const executor = taskExecutor({
    ...{ study: file, execution, queueFor, pollMs: [5, 20] },
    sizes: { ...sizes, ...(partBytes !== undefined && { partBytes }) },
    whenStopped: () => 'leave',
  });
  return runStudy({ file, plan: asked, execution, executor, upTo: 'analyse', signal: stop.signal, report });
}

for (const [what, asked] of [
  ['samples and shards', plan],
  ['extraction maps', map],
] as const) {
  test(`${what} in tasks leave the tables of this machine, with jobs cut off anywhere`, async () => {
    const file = newFile();
    const queues: JobsHere[] = [];
    const queueFor = (tasks: TaskFolder) => {
      // Two in a row, since one of them may have had no more to do.
      const queue = jobsHere(tasks, (n) => (n % 3 < 2 ? 1 : undefined));
      queues.push(queue);
      return queue;
    };
    process.env.SLURM_TMPDIR = scratchFolder();
    await there({ file, plan: asked, queueFor, partBytes: 20 });
    // A job that was cut off may still be on its way out.
    const staged = process.env.SLURM_TMPDIR;
    await until('nothing is left where shards were staged', () => readdirSync(staged).length === 0);
    delete process.env.SLURM_TMPDIR;
    assert(
      queues.some(({ counts }) => counts.nCut > 0),
      'some were cut off',
    );
    assert.equal(tablesOf(file), await here(asked));
    assert(!existsSync(`${file}-tasks`));
  });
}

test('whoever goes on merges what is there, and has no task done twice', async () => {
  const file = newFile();
  const stop = new AbortController();
  const report = ({ stage, done }: Progress) => stage === 'sample' && done > 0 && stop.abort();
  await assert.rejects(there({ file, plan, stop, report }), { code: 'cancelled' });
  const tasks = currentPlan(file)!;
  // Whatever was handed over before is done by some job in the meantime, clocks of nodes being what they are.
  const ranks = Array.from({ length: tasks.plan.nTasks }, (_, rank) => rank);
  const { signal } = new AbortController();
  await runTasks({ folder: tasks, ranks, open: () => workOf(tasks), signal });
  for (const rank of ranks) {
    const marker = tasks.marker(rank);
    if (marker)
      tasks.mark(rank, { ...marker, at: marker.at + (rank % 2 === 0 ? 1 : -1) * 40 * 365 * 86_400_000 });
  }
  let nBegun = 0;
  const queueFor = (next: TaskFolder) => {
    const queue = jobsHere(next);
    if (next.plan.kind !== 'sample') return queue;
    return { ...queue, submit: async (jobs: readonly number[]) => (nBegun += jobs.length) };
  };
  await there({ file, plan, queueFor });
  assert.equal(nBegun, 0);
  assert.equal(tablesOf(file), await here(plan));
});

test('a result that was changed after it was written is told, and made anew by the next run', async () => {
  const file = newFile();
  let nRuns = 0;
  const queueFor = (tasks: TaskFolder): JobsHere => {
    const queue = jobsHere(tasks);
    const isFirst = nRuns++ === 0;
    return {
      ...queue,
      async look() {
        const state = await queue.look();
        if (isFirst && tasks.isDone(0)) {
          const { nBytes } = tasks.marker(0)!;
          writeFileSync(tasks.result(0), new Uint8Array(nBytes));
        }
        return state;
      },
    };
  };
  await assert.rejects(there({ file, plan, queueFor }), /is not what .* has written/);
  await there({ file, plan, queueFor });
  assert.equal(tablesOf(file), await here(plan));
});

test('a shard that changes while its tasks wait is read as it is now', async () => {
  const file = newFile();
  const own = join(folder, 'changing');
  mkdirSync(own);
  writeFileSync(join(own, 'a.jsonl'), row(1));
  const asked = { ...plan, corpus: [own] };
  const stop = new AbortController();
  const report = ({ stage }: Progress) => stage === 'scan' && stop.abort();
  await assert.rejects(there({ file, plan: asked, stop, report }), { code: 'cancelled' });
  writeFileSync(join(own, 'a.jsonl'), `${row(1)}\n${row(5)}`);
  await there({ file, plan: asked });
  assert.equal(tablesOf(file), await here(asked));
});
