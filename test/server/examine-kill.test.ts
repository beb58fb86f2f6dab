// A map that is killed while windows are looked at more closely, twice, and run again: the tables are those of one run.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StudyPlan } from '../../protocol/study.ts';
import { defaultMap } from '../../server/plan/plan.ts';
import { readExamined } from '../../server/store/maps/map-examined.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { runStudy } from '../../server/study/run-study.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { modelPlan } from '../support/plans.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../support/scratch.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
const rows = (side: string) =>
  Array.from(
    { length: 6 },
    (_, i) => `${JSON.stringify({ content: `${side} ${i} = f(${i})\n`.repeat(8) })}\n`,
  );
const corpus = join(folder, 'corpus.jsonl');
const control = join(folder, 'control.jsonl');
writeFileSync(corpus, rows('x').join(''));
writeFileSync(control, rows('y').join(''));
const N = 12;
const plan: StudyPlan = {
  ...modelPlan(model, [corpus], { topK: 0 }),
  source: { kind: 'map', model },
  map: { ...defaultMap, prefix: 10, suffix: 8, stride: 6, examine: N, control: [control] },
};
const execution = { provider: 'cpu', batch: 4, workers: 1 } as const;

const script = join(folder, 'run.mjs');
const request = JSON.stringify({ plan, execution, upTo: 'analyse' });
writeFileSync(
  script,
  `import { runStudy } from ${JSON.stringify(join(import.meta.dirname, '../../server/study/run-study.ts'))};
  const [file, nDone] = process.argv.slice(2);
  const report = ({ stage, done }) => {
    if (stage === 'examine' && done >= Number(nDone)) process.kill(process.pid, 'SIGKILL');
  };
  await runStudy({ ...${request}, file, signal: new AbortController().signal, report });`,
);

/** Runs the study in a process that kills itself once so much of the closer look is done and kept. */
async function runUntil(file: string, nDone: number): Promise<void> {
  const child = spawn(process.execPath, [script, file, String(nDone)], { stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
}

/** Greedy continuations and priors that are kept, of the training data and of the control. */
function kept(file: string): readonly (readonly [nContinued: number, nCompared: number])[] {
  using db = openForReading(file);
  return (['training', 'control'] as const).map((side) => {
    const windows = readExamined(db, side);
    assert.equal(windows.length, N);
    const count = (holds: (window: (typeof windows)[number]) => boolean) => windows.filter(holds).length;
    return [count(({ nEdits }) => nEdits !== null), count(({ isCompared }) => isCompared)];
  });
}

async function run(file: string): Promise<void> {
  await runStudy({
    ...{ file, plan, execution, upTo: 'analyse' },
    ...{ signal: new AbortController().signal, report: () => {} },
  });
}

test('killed among the greedy continuations and among the priors, a map ends with the same tables', async () => {
  const [killed, whole] = [join(folder, 'killed.sqlite'), join(folder, 'whole.sqlite')];
  await runUntil(killed, 1);
  const [[nFirst]] = kept(killed) as [readonly [number, number], unknown];
  assert(nFirst > 0 && nFirst < N, `${nFirst} of ${N} are continued`);
  await runUntil(killed, 3 * N + 1);
  const [training, [nContinued, nCompared]] = kept(killed) as [unknown, readonly [number, number]];
  assert.deepEqual(training, [N, N]);
  assert(nContinued === N && nCompared > 0 && nCompared < N, `${nCompared} of ${N} have a prior`);
  await run(killed);
  await run(whole);
  assert.equal(dumpStudy(killed), dumpStudy(whole));
});
