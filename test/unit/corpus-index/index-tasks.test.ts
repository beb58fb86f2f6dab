// An index that is built in tasks answers as one that is built here, with jobs cut off, and by whoever goes on.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { segmentTasks } from '../../../server/study/executors/index-tasks.ts';
import { build, type Written, writeShard } from '../../support/indexed-corpus.ts';
import { jobsHere } from '../../support/jobs-here.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };
const lines = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => `  statement ${(first + i) * 7919};\n`).join('');
const documents = (first: number): Written[] =>
  Array.from({ length: 5 }, (_, i) => ({
    ...{ repository: `owner/r-${first + i}`, path: `src/${first + i}.c`, license: 'MIT' },
    text: lines(40 * (first + i), 40),
  }));
const corpus = join(folder, 'corpus');
for (let n = 0; n < 6; n++) writeShard(corpus, `${n}.jsonl`, documents(5 * n));

async function answers(index: string) {
  using open = new CorpusIndex(index);
  const { signal } = new AbortController();
  const texts = Array.from({ length: 30 }, (_, n) => Buffer.from(`# mine\n${lines(40 * n + 5, 12)}end\n`));
  return Promise.all(texts.map((text) => checkText(open, text, { signal })));
}

test('an index in tasks answers as one that is built here', async () => {
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  await build(here, [corpus], rule, { segmentBytes: 1 });
  const stop = new AbortController();
  let nJobs = 0;
  const writer = segmentTasks({
    study: there,
    execution: { provider: 'auto', batch: 'auto', workers: 1 },
    sizes: { tasksAJob: 2, coresAJob: 1, maxRunning: 10 },
    queueFor: (tasks) => jobsHere(tasks, (n) => (n === 1 ? 1 : undefined)),
    whenStopped: () => 'leave',
    pollMs: [5, 20],
  });
  const report = ({ done }: { readonly done: number }) => done > 0 && nJobs++ === 0 && stop.abort();
  const asked = { segmentBytes: 1, workers: 1, writer };
  await assert.rejects(build(there, [corpus], rule, { ...asked, signal: stop.signal, report }), {
    code: 'cancelled',
  });
  const { manifest, nAdded } = await build(there, [corpus], undefined, asked);
  assert(nAdded > 0 && nAdded < 6, 'the first run has kept what it merged');
  assert.equal(manifest.segments.length, 6);
  assert.deepEqual(await answers(there), await answers(here));
  assert(!existsSync(`${there}-tasks`));
});
