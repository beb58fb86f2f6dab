// What *Copy Plan as JSON* gives, for every kind of study: `--plan` takes it, it is the same study, and where the study
// can be run here it gives the same samples and finds the same.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import type { SamplingPlan, StudyPlan } from '../../../protocol/study.ts';
import { checkSamePlan } from '../../../server/plan/plan.ts';
import { readPlanFile, readPlanToSample, readSweep } from '../../../server/plan/plan-file.ts';
import { getDashboard } from '../../../server/queries/dashboard-queries.ts';
import { openForWriting } from '../../../server/store/study-file.ts';
import { insertStudy } from '../../../server/store/study-table.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { readPrompts } from '../../../server/study/user-files.ts';
import { cli } from '../../support/cli.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { layOutEarlierStudies, unpackEarlierStudy } from '../../support/earlier-study.ts';
import { modelPlan, scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
/** Plans name no folder of their own: whoever copies one may put it anywhere. */
const elsewhere = scratchFolder();
before(() => {
  layOutEarlierStudies(folder);
  writeFileSync(at('prompts.jsonl'), '"def total"\n" x"\n');
  mkdirSync(at('exported/onnx'), { recursive: true });
});

const sampled = (sampling: Partial<SamplingPlan> = {}): StudyPlan => ({
  ...modelPlan(at('model'), [at('corpus')], {
    nSamples: 12,
    maxTokens: 8,
    topK: 0,
    temperature: 1.5,
    ...sampling,
  }),
  columns: { license: 'licence' },
  rule: { minLines: 1, profile: 'exact-1' },
});

/** Kinds of study that are run here, from the study to the copy and back. */
const run: Readonly<Record<string, () => Promise<StudyPlan> | StudyPlan>> = {
  npg: () => sampled(),
  'top-p': () => sampled({ topP: 0.5 }),
  int8: () => sampled({ int8: true }),
  greedy: () => sampled({ temperature: 0, nSamples: 2 }),
  tdg: () => sampled({ strategy: 'tdg', temperature: 1 }),
  'pcg, prompts from a file': async () =>
    sampled({ strategy: 'pcg', prompts: await readPrompts(at('prompts.jsonl')) }),
  'tsg, prompts from a study': async () =>
    sampled({ strategy: 'tsg', prompts: await readPrompts(unpackEarlierStudy(folder, 'finished')) }),
  'scan of samples': () => ({
    ...scanPlan(at('samples.jsonl'), [at('corpus')]),
    columns: { license: 'licence' },
    rule: { minLines: 2, profile: 'text-1' },
  }),
};

/** Kinds that need more than is here, or do nothing here: their copies must be the same study. */
const prepared: Readonly<Record<string, () => StudyPlan>> = {
  'names of the Hub': () =>
    modelPlan('hf://owner/name@v1.0', [
      'hf://datasets/owner/data@v2#python/data/*.parquet',
      'hf://datasets/o/n',
    ]),
  'an exported model': () => modelPlan(at('exported'), [at('corpus')]),
  'samples as token ids': () => ({
    ...scanPlan(at('samples.jsonl'), [at('corpus')]),
    source: { kind: 'samples', samples: at('samples.jsonl'), model: at('model') },
  }),
  'prompts with anything in them': () =>
    sampled({ strategy: 'pcg', prompts: ['', '\u0000\u202e\ud83d\ude00', '{"a": [1]}', 'x'.repeat(5000)] }),
};

test('a copied plan of every kind that runs here runs again, to the same tables', async (t) => {
  for (const [kind, make] of Object.entries(run)) {
    await t.test(kind, async () => {
      const plan = await make();
      const study = await runHere(`${kind}.sqlite`, plan);
      const copy = await copyPlan(study);
      const again = await runHere(`${kind} again.sqlite`, await readPlanFile(copy, readPrompts));
      assert.equal(dumpStudy(again), dumpStudy(study));
      checkSamePlan(study, plan, await readPlanFile(copy, readPrompts));
    });
  }
});

test('a copied plan of every other kind is the same study', async (t) => {
  for (const [kind, make] of Object.entries(prepared)) {
    await t.test(kind, async () => {
      const study = at(`${kind}.sqlite`);
      const db = openForWriting(study);
      insertStudy(db, make());
      db.close();
      const [point, ...others] = await readSweep(await copyPlan(study), readPrompts);
      assert.deepEqual([point, others], [{ name: '', plan: make() }, []]);
    });
  }
});

test('a study that was only sampled is sampled again, and not scanned in nothing', async () => {
  const study = at('only sampled.sqlite');
  const db = openForWriting(study);
  insertStudy(db, { ...sampled(), corpus: [] });
  db.close();
  const copy = await copyPlan(study);
  assert.deepEqual(await readPlanToSample(copy, readPrompts), { ...sampled(), corpus: [] });
  const out = at('sampled again.sqlite');
  const { exitCode, stderr } = await cli('sample', '--plan', copy, '--out', out);
  assert.equal(exitCode, 0, stderr);
  const refused = await cli('study', '--plan', copy, '--out', at('x.sqlite'));
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stderr, /"corpus" of the plan is \[\]/);
});

test('each study of a sweep has a plan of its own, which runs by itself', async () => {
  const sweep = at('sweep.json');
  const { version, source, corpus, rule, columns } = sampled();
  const written = {
    version,
    source,
    corpus,
    rule,
    columns,
    sampling: { nSamples: 6, maxTokens: 8, topK: [5, 0] },
    seed: [1, 2],
  };
  writeFileSync(sweep, JSON.stringify(written));
  const result = await cli(
    'study',
    '--plan',
    sweep,
    '--out',
    at('sweep.sqlite'),
    '--batch',
    '4',
    '--workers',
    '1',
  );
  assert.equal(result.exitCode, 3, `one row cannot be read: ${result.stderr}`);
  for (const name of ['topK=5,seed=1', 'topK=5,seed=2', 'topK=0,seed=1', 'topK=0,seed=2']) {
    const study = at(`sweep.${name}.sqlite`);
    const again = await runHere(
      `${name} again.sqlite`,
      await readPlanFile(await copyPlan(study), readPrompts),
    );
    assert.equal(samplesIn(again), samplesIn(study), name);
  }
});

test('the command line runs a copied plan, and goes on with the study it came from', async () => {
  const study = await runHere('whole.sqlite', sampled());
  const copy = await copyPlan(study);
  const args = ['study', '--plan', copy, '--batch', '4', '--workers', '1', '--out'];
  const again = await cli(...args, at('whole again.sqlite'));
  assert.equal(again.exitCode, 3, again.stderr);
  assert.equal(samplesIn(at('whole again.sqlite')), samplesIn(study));
  const same = await cli(...args, study);
  assert.equal(same.exitCode, 3, same.stderr);
});

async function runHere(name: string, plan: StudyPlan): Promise<string> {
  await runStudy({
    file: at(name),
    plan,
    execution: { provider: 'cpu', batch: 4, workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
  return at(name);
}

/** What the dashboard's button copies, in a file of another folder. */
async function copyPlan(study: string): Promise<string> {
  const { summary } = await getDashboard(study);
  const file = join(elsewhere, 'copied.verbatim.json');
  writeFileSync(file, rawText(JSON.stringify(summary.plan, null, 2)));
  return file;
}

const samplesIn = (study: string): string => /## samples\n[^#]*/.exec(dumpStudy(study))?.[0] ?? '';
