// A study that asks an index ends with the same tables as one that scans, also where only part of the corpus is indexed,
// or changed since.

import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLAN_VERSION, type StudyPlan } from '../../../protocol/study.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { defaultRule, defaultSampling } from '../../../server/plan/plan.ts';
import { indexedExecutor } from '../../../server/study/executors/indexed.ts';
import { localExecutor } from '../../../server/study/executors/local.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { build, type Written, writeShard } from '../../support/indexed-corpus.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const lines = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => `  step ${(first + i) * 31};\n`).join('');
const documents = (first: number, n: number): Written[] =>
  Array.from({ length: n }, (_, i) => ({
    repository: `r${i % 3}`,
    path: `${first + i}.c`,
    license: 'MIT',
    text: `${lines(10 * (first + i), 30)}// end ${first + i}\n`,
  }));
const tablesOf = (file: string) => dumpStudy(file).replace(/^## study\n.*\n/m, '');

test('tables are those of a scan, whatever the index knows of the corpus', async () => {
  const formats = ['0.jsonl', '1.json.gz', '2.jsonl.zst', '3/'];
  const paths = formats.map((name, i) => writeShard(join(folder, 'corpus'), name, documents(40 * i, 30)));
  appendFileSync(paths[0]!, 'no json\n');
  const samples = [lines(3, 20), lines(900, 8), `${lines(1290, 40)}x\n${lines(1297, 9)}`, lines(5000, 50)];
  writeFileSync(join(folder, 'samples.jsonl'), samples.map((text) => `${JSON.stringify(text)}\n`).join(''));
  const plan: StudyPlan = {
    version: PLAN_VERSION,
    source: { kind: 'samples', model: null, samples: join(folder, 'samples.jsonl') },
    corpus: paths,
    sampling: defaultSampling,
    rule: defaultRule,
  };
  const request = {
    plan,
    execution: { provider: 'cpu', batch: 1, workers: 1 } as const,
    upTo: 'analyse' as const,
    signal: new AbortController().signal,
    report() {},
  };
  const index = join(folder, 'index');
  await build(index, paths.slice(0, 3), defaultRule);
  const notes: string[] = [];
  const executor = indexedExecutor(index, localExecutor, (note) => notes.push(note));
  const run = async (name: string, more: object = {}) => {
    const file = join(folder, `${name}.sqlite`);
    await runStudy({ ...request, file, ...more });
    return tablesOf(file);
  };
  const scanned = await run('scanned');
  assert.match(scanned, /## fragments\n\{/);
  assert.equal(await run('indexed', { executor }), scanned);
  assert.match(
    notes.join(),
    /3 of 4 shards looked up in the index .*, 1 scanned \(they are not in it, or have changed\)/,
  );
  await build(index, paths);
  assert.equal(await run('all', { executor }), scanned);
  assert.match(notes.at(-1)!, /4 of 4 shards looked up/);
  writeShard(join(folder, 'corpus'), '0.jsonl', documents(2, 29));
  assert.equal(await run('changed', { executor }), await run('scanned again'));
  assert.match(notes.at(-1)!, /3 of 4 shards looked up/);
  await assert.rejects(
    run('other', { executor, plan: { ...plan, rule: { ...defaultRule, minLines: 4 } } }),
    /windows of 6 lines/,
  );
});

test('with ignore files honoured and without, a folder is searched and indexed as it is asked for', async () => {
  const corpus = join(folder, 'tree');
  writeShard(folder, 'tree/', [
    { repository: '', license: '', path: 'a.c', text: lines(1, 20) },
    { repository: '', license: '', path: 'hidden.c', text: lines(1000, 20) },
    { repository: '', license: '', path: 'node_modules/b.c', text: lines(2000, 20) },
    { repository: '', license: '', path: '.gitignore', text: 'hidden.c\n' },
  ]);
  const samples = join(folder, 'of-tree.jsonl');
  writeFileSync(samples, [1, 1000, 2000].map((i) => `${JSON.stringify(lines(i, 10))}\n`).join(''));
  const found = async (name: string, ignore?: false, index?: string) => {
    const plan = { ...scanPlan(samples, [corpus]), ...(ignore === undefined ? {} : { ignore }) };
    const executor = index === undefined ? localExecutor : indexedExecutor(index, localExecutor, () => {});
    const execution = { provider: 'cpu', batch: 1, workers: 1 } as const;
    const file = join(folder, `${name}.sqlite`);
    const { signal } = new AbortController();
    const run = { file, plan, execution, executor, upTo: 'analyse', signal, report() {} } as const;
    return (await runStudy(run)).nFragments;
  };
  const index = join(folder, 'index-of-tree');
  await build(index, [corpus], defaultRule);
  assert.deepEqual([await found('hidden'), await found('open', false)], [1, 3]);
  assert.equal(await found('open-i', false, index), 3);
  const { nAdded } = await build(index, [corpus], undefined, {
    shards: listShards([corpus], undefined, false),
  });
  assert.equal(nAdded, 1, 'it is read again');
  assert.equal(await found('open-j', false, index), 3);
});
