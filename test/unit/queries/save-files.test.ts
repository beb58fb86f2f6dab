// Reports and training rows as files of the user's choice, and studies beside each other.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { foreign } from '../../../guard/text/foreign.ts';
import type { FragmentsChosen } from '../../../protocol/leaving.ts';
import { compareStudyFiles } from '../../../server/queries/compared-studies.ts';
import { saveReport, saveTrainingRows } from '../../../server/queries/save-files.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedToken, makeSmallStudy, type SmallStudy } from '../../support/small-study.ts';

const folder = scratchFolder();
let study: SmallStudy;

before(async () => {
  study = await makeSmallStudy(folder);
});

const at = (name: string) => join(folder, 'out', name);

test('a report is saved in each form, masked, and nothing is left beside it', async () => {
  for (const format of ['html', 'md', 'csv', 'json', 'sarif'] as const) {
    await saveReport({ study: study.file, format, file: at(`report.${format}`), baseline: null });
    const text = readFileSync(at(`report.${format}`), 'utf8');
    assert.ok(text.length > 500 && !text.includes(leakedToken), format);
  }
  assert.equal(readdirSync(join(folder, 'out')).length, 5);
  await assert.rejects(
    saveReport({ study: study.file, format: 'md', file: join(study.file, 'x.md'), baseline: null }),
  );
});

test('training rows are those of all fragments, of a view, or of the named ones', async () => {
  const view = { kind: 'view', filter: {}, baseline: null, grouping: 'flat', group: null } as const;
  const save = async (chosen: FragmentsChosen) => {
    const { nRows } = await saveTrainingRows({ study: study.file, file: at('rows.jsonl'), chosen });
    const rows = readFileSync(at('rows.jsonl'), 'utf8').split('\n').filter(Boolean);
    assert.equal(rows.length, nRows);
    return rows.map((row) => JSON.parse(row) as { repo_name: string; fragments: string[] });
  };
  const all = await save(view);
  assert.equal(all.length, 3);
  const licensed = await save({ ...view, filter: { category: 'license' } });
  assert.equal(licensed.length, 2);
  assert.deepEqual(await save({ ...view, grouping: 'category', group: foreign('license') }), licensed);
  const [fingerprint] = licensed[0]!.fragments;
  assert.deepEqual(await save({ kind: 'named', fingerprints: [fingerprint!] }), licensed);
});

test('a study differs from itself in nothing', () => {
  const { studies, shared, pairs } = compareStudyFiles([study.file, study.file]);
  assert.equal(studies.length, 2);
  assert.deepEqual(studies[0]!.samples, studies[1]!.samples);
  assert.equal(
    shared.reduce((sum, { nFragments }) => sum + nFragments, 0),
    5,
  );
  assert.deepEqual([pairs[0]!.samples.value, pairs[0]!.pValue], [0, 1]);
});
