// Study files of an earlier release: today's code opens them, goes on with them to the tables that the release would
// have written, and reports them in the same words.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import type { StudyPlan } from '../../../protocol/study.ts';
import { gatherReport } from '../../../server/formats/report-content.ts';
import { reportForms } from '../../../server/formats/report-forms.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { summarise } from '../../../server/store/summary.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import {
  type EarlierStudy,
  earlierReport,
  earlierStudies,
  layOutEarlierStudies,
  unpackEarlierStudy,
} from '../../support/earlier-study.ts';
import { modelPlan, scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
before(() => layOutEarlierStudies(folder));

const corpus = [join(folder, 'corpus')];
const columns = { license: 'licence' };
const sampled = (): StudyPlan => ({
  ...modelPlan(join(folder, 'model'), corpus, {
    ...{ nSamples: 96, maxTokens: 40, topK: 0, topP: 0.98, temperature: 1.5, seed: 11 },
  }),
  columns,
  rule: { minLines: 1, profile: 'exact-1' },
});
const scanned = (): StudyPlan => ({
  ...scanPlan(join(folder, 'samples.jsonl'), corpus),
  columns,
  rule: { minLines: 2, profile: 'text-1' },
});

/** Runs it to its end with the plan that it holds, in the batches that it began with. */
const resume = (file: string) =>
  runStudy({
    file,
    plan: null,
    execution: { provider: 'cpu', batch: 8, workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });

for (const name of earlierStudies) {
  test(`${name}: opens, and says what it was and how far it came`, () => {
    const file = unpackEarlierStudy(folder, name);
    using db = openForReading(file);
    const { plan, state, nSamples, nShardsScanned, account } = summarise(db, file, false);
    assert.equal(account, null, 'its release counted no files');
    assert.deepEqual(plan, name === 'scan' ? scanned() : sampled());
    const expected = {
      finished: ['partial', 96, 3],
      'paused-in-sampling': ['cancelled', 8, 0],
      'paused-in-scanning': ['cancelled', 96, 1],
      scan: ['partial', 3, 3],
    };
    assert.deepEqual([state, nSamples, nShardsScanned], expected[name]);
  });
}

for (const name of ['paused-in-sampling', 'paused-in-scanning'] as const) {
  test(`${name}: goes on to what its release would have found`, async () => {
    const file = unpackEarlierStudy(folder, name);
    const whole = unpackEarlierStudy(folder, 'finished');
    const summary = await resume(file);
    assert.equal(summary.state, 'partial', 'one row of the corpus cannot be read');
    await resume(whole);
    const [actual, expected] = [withoutLikelihoods(tablesOf(file)), withoutLikelihoods(tablesOf(whole))];
    assert.equal(actual.text, expected.text);
    // The release ran on another processor, whose matrix products add up in another order.
    for (const [i, value] of expected.values.entries())
      assert.ok(
        Math.abs(actual.values[i]! - value) < 1e-5 * (1 + Math.abs(value)),
        `${actual.values[i]} and ${value}`,
      );
  });
}

for (const name of ['finished', 'scan'] as const) {
  test(`${name}: has nothing left to do, and stays as it is`, async () => {
    const file = unpackEarlierStudy(folder, name);
    openForReading(file).close();
    const before = tablesOf(file);
    assert.equal((await resume(file)).state, 'partial');
    assert.equal(tablesOf(file), before);
  });

  for (const format of ['table', 'json', 'csv', 'sarif', 'md'] as const) {
    test(`${name}: the ${format} report is as it was`, async () => {
      const actual = await report(name, format);
      assert.equal(actual, settled(earlierReport(folder, name, format)));
    });
  }
}

/** Without the versions and times of the last run, and without the digests of inputs, which the release did not note. */
const tablesOf = (file: string) =>
  dumpStudy(file)
    // The release counted no windows, and did not note which samples only repeat themselves.
    .replaceAll(/,"(?:n_windows|n_memorised_windows|is_loop)":(?:null|\d+)/g, '')
    .replace(/"environment":"[^\n]*?","state"/, '"state"')
    .replaceAll(/"inputs_digest":"\w*"/g, '"inputs_digest":""')
    // The release did not note which columns it read, nor what became of the files of folders.
    .replaceAll(/,"columns":(null|"[^\n]*?\}")/g, '')
    .replaceAll(/(?<=## (file_counts|unsearched_files)\n)(\{.*\n)+/g, '');

function withoutLikelihoods(tables: string): { readonly text: string; readonly values: readonly number[] } {
  const values: number[] = [];
  const text = tables
    .replace(/("(?:mean_nll|windowed_perplexity)":)([\d.]+)/g, (_, name, value) => {
      values.push(Number(value));
      return name;
    })
    .replace(/("logprobs":)"([0-9a-f]*)"/g, (_, name, hex) => {
      values.push(...new Float32Array(new Uint8Array(Buffer.from(hex, 'hex')).buffer));
      return name;
    });
  return { text, values };
}

async function report(
  name: EarlierStudy,
  format: 'table' | 'json' | 'csv' | 'sarif' | 'md',
): Promise<string> {
  const file = unpackEarlierStudy(folder, name);
  using db = openForReading(file);
  assert.equal(readStudy(db)?.environment.verbatim, '0.1.0');
  const places = { table: 3, json: 5, csv: 1, sarif: 5, md: 3 }[format];
  const content = await gatherReport(db, summarise(db, file, false), {
    ...(format === 'table' ? { top: 10 } : format === 'md' ? { top: 20 } : {}),
    places,
    disclosure: 'masked',
    baseline: null,
  });
  let text = '';
  for await (const line of reportForms[format].write(content, 'families')) text += `${line}\n`;
  return settled(text);
}

/** Names have become code in Markdown since, and the forms that list families lead with the longest fragment of each. */
const settled = (text: string) =>
  text
    .replace(/\n(?:train {2}docs|## Fragments)[\s\S]*$/, '')
    .replace(/"semanticVersion":\s?"[^"]*"/g, '"semanticVersion":"<version>"')
    .replaceAll('`', '')
    // Its words for the same things.
    .replace('occurrences in the corpus', 'occurrences in the training data')
    .replace(/(?<=[(·] ?)npg(?=, top-k)/, 'non-prompt')
    .replace(
      /^(Kinds {5}|\| kinds \| )(.*)$/m,
      (_, head, kinds) => head + kinds.replaceAll(/(\d+) (\w+)/g, '$2 $1'),
    )
    .replaceAll(/(?<!program )\blogic(?= \d| \|)/g, 'program logic')
    .replace(/\n\ntrain: places in the training data;[^\n]*/, '')
    // It did not tell what would match anyway.
    .replace(/\n(## )?What would match anyway\n\n?(?:.+(?:\n|$))*\n?/, '\n')
    .replace(/^"controls":.*\n/m, '')
    .replace(/^"samples": \[\n(?:\{.*\n)*\],\n/m, '')
    .replaceAll(/,"(?:onlyInLoops|loop)":false/g, '')
    .replaceAll(/,(?:only_in_loops|false)$/gm, '')
    // It did not count files, and that is said in the forms that programs read.
    .replaceAll(/"account":null,"columnsRead":\[\],|,"files":null,"columns":\[\]/g, '')
    .trimEnd();

test('8-bit products and no nucleus cut are told apart from other settings in older plans', () => {
  const file = unpackEarlierStudy(folder, 'finished');
  const older = new DatabaseSync(file);
  older.exec("UPDATE study SET plan = json_set(plan, '$.sampling.topP', 1, '$.sampling.products', 'int8')");
  older.close();
  using db = openForReading(file);
  const { sampling, ...rest } = readStudy(db)!.plan;
  const expected = sampled();
  assert.deepEqual(sampling, { ...expected.sampling, topP: null, int8: true });
  assert.deepEqual({ ...rest, sampling: expected.sampling }, expected);
});
