// Samples made elsewhere, scored afterwards: what `verbatim predict --model` keeps, and what older studies have.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Progress } from '../../../protocol/study.ts';
import { rankPredictors } from '../../../server/answers/rank-predictors.ts';
import { openModel } from '../../../server/sampling/model/checkpoint.ts';
import { type Score, scoreTexts } from '../../../server/sampling/score.ts';
import { readSampleRows } from '../../../server/store/metrics-table.ts';
import { APPLICATION_ID, migrations } from '../../../server/store/schema.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { scoreSamples } from '../../../server/study/score-samples.ts';
import { demoModel } from '../../support/cli.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
const { signal } = new AbortController();

test('samples made elsewhere get perplexity and its windows from a model, with progress', async () => {
  const folder = scratchFolder();
  const lines = (name: string) => Array.from({ length: 9 }, (_, i) => `var ${name}${i} = ${i};`).join('\n');
  const texts = [lines('known'), lines('other'), 'x'];
  writeFileSync(join(folder, 'samples.jsonl'), texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  writeFileSync(join(folder, 'corpus.jsonl'), `${JSON.stringify({ content: texts[0] })}\n`);
  const file = join(folder, 's.sqlite');
  await runStudy({
    file,
    plan: scanPlan(join(folder, 'samples.jsonl'), [join(folder, 'corpus.jsonl')]),
    execution,
    upTo: 'analyse',
    signal,
    report: () => {},
  });
  using db = openForWriting(file);
  const quality = () =>
    rankPredictors(db).find(({ predictor }) => predictor === 'windowed-perplexity')!.quality;
  assert.equal(quality(), null);
  const reports: Progress[] = [];
  await scoreSamples(db, 'model', demoModel, execution, signal, (progress) => reports.push(progress));
  assert.deepEqual([reports[0]!.done, reports.at(-1)!.done, reports.at(-1)!.total], [0, 3, 3]);
  const checkpoint = await openModel(demoModel);
  const scores: Score[] = [];
  const request = { checkpoint, texts: texts.map((text) => Buffer.from(text)), execution, signal };
  for await (const score of scoreTexts(request)) scores.push(score);
  assert.deepEqual(
    readSampleRows(db).map(({ meanNll, windowedPerplexity }) => [meanNll, windowedPerplexity]),
    scores.map(({ meanNll, windowPerplexity }) => [meanNll, windowPerplexity]),
  );
  assert.deepEqual([quality()!.n, quality()!.nPositive], [3, 1]);
});

test('scores of a study from before windows were kept stay, without windows', () => {
  const file = join(scratchFolder(), 'old.sqlite');
  const before = migrations.findIndex((migration) => migration.includes('ADD COLUMN windowed_perplexity'));
  const old = new DatabaseSync(file);
  for (const migration of migrations.slice(0, before)) old.exec(migration);
  old.exec(`PRAGMA user_version = ${before}; PRAGMA application_id = ${APPLICATION_ID};
    INSERT INTO samples (sample_id, ended, n_tokens, text) VALUES (0, 'unknown', 0, x'78');
    INSERT INTO sample_metrics VALUES (0, 1, 0, NULL, NULL, NULL, NULL, 9);
    INSERT INTO sample_scores VALUES ('model', 0, 1.5)`);
  old.close();
  using db = openForReading(file);
  const [row] = readSampleRows(db);
  assert.deepEqual([row!.meanNll, row!.windowedPerplexity], [1.5, null]);
});
