// One scan for several sets of samples leaves each with the bytes that a scan of its own would have.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MatchRule } from '../../../protocol/study.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import type { SampleInput, ShardResult } from '../../../server/engine/detection.ts';
import { restrictRuns } from '../../../server/engine/restrict-runs.ts';
import { numberSamples } from '../../../server/kernel/number-samples.ts';
import { scanCorpus } from '../../../server/kernel/scan-corpus.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { runSweep } from '../../../server/study/run-sweep.ts';
import { runs } from '../../support/in-ci.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;
const report = () => {};

async function scan(folder: string, samples: readonly SampleInput[], rule: MatchRule): Promise<ShardResult> {
  const shards = listShards([folder]);
  const results: ShardResult[] = [];
  const whole = { totalBytes: 1, resumedBytes: 0 };
  for await (const outcome of scanCorpus({ samples, rule, shards, workers: 1, signal, report, ...whole })) {
    if (outcome.kind === 'failed') assert.fail(outcome.failure.error.message);
    results.push(outcome.result);
  }
  assert.equal(results.length, 1);
  return results[0]!;
}

test('a restricted result is that of a scan alone, byte for byte', async () => {
  const folder = join(scratchFolder(), 'corpus');
  mkdirSync(folder);
  // Few distinct lines: runs overlap, repeat and break off in every way.
  const lines = (most: number) => fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: most });
  const text = (all: readonly string[]) => all.join('\n');
  await fc.assert(
    fc.asyncProperty(
      fc.array(lines(30), { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(lines(12), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      async (documents, texts, minLines) => {
        const rows = documents.map((document) => `${JSON.stringify({ content: text(document) })}\n`);
        writeFileSync(join(folder, 'shard.jsonl'), rows.join(''));
        const rule = { minLines, profile: 'exact-1' } as const;
        const sets = texts.map((set) =>
          set.map((sample, sampleId) => ({ sampleId, text: Buffer.from(text(sample)), cut: false })),
        );
        const together = await scan(folder, sets.flat(), rule);
        const restrictions = restrictRuns(sets, rule, numberSamples(sets.flat(), rule));
        for (const [i, set] of sets.entries()) {
          const { partial, documents: found } = restrictions[i]!.restrict(together);
          const alone = await scan(folder, set, rule);
          assert.deepEqual(Buffer.from(partial), Buffer.from(alone.partial));
          assert.deepEqual(found, alone.documents);
        }
      },
    ),
    { numRuns: runs(25) },
  );
});

test('a sweep’s studies are those of separate runs', async () => {
  const folder = scratchFolder();
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  const document = (name: string, n: number) =>
    Array.from({ length: n }, (_, i) => `${name} ${i}`).join('\n');
  for (const [shard, names] of [
    ['0', ['one', 'two']],
    ['1', ['two', 'three']],
  ] as const) {
    const rows = names.map((name) =>
      JSON.stringify({ repo_name: name, path: 'p', content: document(name, 20) }),
    );
    writeFileSync(join(corpus, `${shard}.jsonl`), `${rows.join('\n')}\n`);
  }
  const samplesOf = (name: string, texts: readonly string[]) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
    return path;
  };
  const plans = [
    samplesOf('a', [document('one', 9), `x\n${document('two', 12)}`]),
    samplesOf('b', [`${document('two', 7)}\nother`, document('three', 20)]),
    samplesOf('c', ['nothing']),
  ].map((samples) => scanPlan(samples, [corpus]));
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const studies = plans.map((plan, i) => ({ plan, file: join(folder, `sweep-${i}.sqlite`) }));
  await runSweep({ studies, execution, signal, report, onStudy: () => {} });
  const tables = [
    'samples',
    'documents',
    'fragments',
    'train_occurrences',
    'sample_occurrences',
    'memorised_ranges',
    'sample_metrics',
  ];
  let nFragments = 0;
  for (const [i, { file, plan }] of studies.entries()) {
    const alone = join(folder, `alone-${i}.sqlite`);
    await runStudy({ file: alone, plan, execution, upTo: 'analyse', signal, report });
    using a = openForReading(file);
    using b = openForReading(alone);
    for (const table of tables) {
      assert.deepEqual(
        a.prepare(`SELECT * FROM ${table}`).all(),
        b.prepare(`SELECT * FROM ${table}`).all(),
        table,
      );
    }
    const shards = 'SELECT name, state, n_rows, content_bytes, partial FROM shards';
    assert.deepEqual(a.prepare(shards).all(), b.prepare(shards).all());
    nFragments += Number(a.prepare('SELECT count(*) AS n FROM fragments').get()?.n);
  }
  assert(nFragments >= 4, 'there is something to compare');
});
