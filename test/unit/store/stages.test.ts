// Which stages are done, told by table `stages`: for studies of now, for those of earlier versions, and when what a
// stage was made from changes.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { APPLICATION_ID, migrations } from '../../../server/store/schema.ts';
import { forgetStage, isDoneFrom, setDone } from '../../../server/store/stages-table.ts';
import { type Database, openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { type EarlierStudy, layOutEarlierStudies, unpackEarlierStudy } from '../../support/earlier-study.ts';
import { modelPlan, scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const stagesOf = (db: Database) =>
  db
    .prepare('SELECT stage, inputs_digest FROM stages ORDER BY stage')
    .all()
    .map((row) => [String(row.stage), String(row.inputs_digest)] as const);

const namesOf = (db: Database) => stagesOf(db).map(([stage]) => stage);

const run = {
  plan: null,
  execution: { provider: 'cpu', batch: 'auto', workers: 1 },
  upTo: 'analyse',
  signal: new AbortController().signal,
  report: () => {},
} as const;

test('each stage is noted once, and only what changed is done again', async () => {
  const { file, corpus } = await makeSmallStudy(scratchFolder());
  const read = () => {
    using db = openForReading(file);
    return db.prepare('SELECT * FROM stages ORDER BY stage').all();
  };
  const first = read();
  assert.deepEqual(
    first.map(({ stage }) => stage),
    ['analyse', 'describe', 'import', 'measure', 'words'],
  );
  assert.equal(new Set(first.map((row) => row.inputs_digest)).size, first.length);
  await runStudy({ ...run, file });
  assert.deepEqual(read(), first, 'a run that finds all done does nothing');
  appendFileSync(join(corpus, 'shard-1.jsonl'), '{"content": "a\\nb\\nc\\n"}\n');
  await runStudy({ ...run, file });
  for (const [i, row] of read().entries()) {
    const isSame = row.inputs_digest === first[i]?.inputs_digest;
    assert.equal(isSame, row.stage === 'import', String(row.stage));
  }
});

test('a stage that was done from other inputs is not done, and a forgotten one is not', () => {
  using db = openForWriting(join(scratchFolder(), 's.sqlite'));
  assert(!isDoneFrom(db, 'analyse', 'a'));
  setDone(db, 'analyse', 'a');
  assert(isDoneFrom(db, 'analyse', 'a'));
  assert(!isDoneFrom(db, 'analyse', 'b'));
  forgetStage(db, 'analyse');
  assert(!isDoneFrom(db, 'analyse', 'a'));
});

const BEFORE_STAGES = 8;

/** A study of the schema before table `stages`, made by `sql`. */
function olderStudy(sql: string): string {
  const file = join(scratchFolder(), 's.sqlite');
  const db = new DatabaseSync(file);
  db.exec(`${migrations.slice(0, BEFORE_STAGES).join(';')};
    PRAGMA user_version = ${BEFORE_STAGES}; PRAGMA application_id = ${APPLICATION_ID}; ${sql}`);
  db.close();
  return file;
}

const study = (kind: 'model' | 'samples', analysed: 0 | 1) => {
  const plan = JSON.stringify((kind === 'model' ? modelPlan : scanPlan)('/a', ['/corpus']));
  return `INSERT INTO study VALUES (1, '${plan}', '{}', 'partial', NULL, '', 0, ${analysed});`;
};
const sample = "INSERT INTO samples VALUES (0, NULL, 'eos', 0, NULL, NULL, x'', NULL);";
const metrics = 'INSERT INTO sample_metrics VALUES (0, 0, 0, NULL, NULL, NULL, NULL, 8);';
const fragment = "INSERT INTO fragments VALUES (0, 'f', 6, x'61', 1, 1, 1, 1, 1, 0, 0);";
const family = 'INSERT INTO families VALUES (0, 0, 1, 1, 6);';
const word = "INSERT INTO fragment_words (rowid, text) VALUES (0, 'a');";

const older: readonly (readonly [what: string, sql: string, stages: readonly string[]])[] = [
  ['only sampled', study('model', 0) + sample, []],
  ['copied from elsewhere, and not analysed', study('samples', 0) + sample, ['import']],
  [
    'analysed without a find',
    study('model', 1) + sample + metrics,
    ['analyse', 'describe', 'measure', 'words'],
  ],
  ['analysed and no more', study('model', 1) + sample + fragment, ['analyse']],
  [
    'without words',
    study('model', 1) + sample + metrics + fragment + family,
    ['analyse', 'describe', 'measure'],
  ],
  [
    'analysed to its end',
    study('model', 1) + sample + metrics + fragment + family + word,
    ['analyse', 'describe', 'measure', 'words'],
  ],
];

for (const [what, sql, stages] of older) {
  test(`a study of an earlier version that was ${what} has done: ${stages.join(', ') || 'none'}`, () => {
    using db = openForReading(olderStudy(sql));
    assert.deepEqual(namesOf(db), stages);
    assert(stagesOf(db).every(([, digest]) => digest === ''));
    assert.equal(readStudy(db)?.analysed, stages.includes('analyse'));
  });
}

test('the stages of studies of an earlier release', () => {
  const folder = scratchFolder();
  layOutEarlierStudies(folder);
  const namesIn = (name: EarlierStudy) => {
    using db = openForReading(unpackEarlierStudy(folder, name));
    return namesOf(db);
  };
  assert.deepEqual(namesIn('finished'), ['analyse', 'describe', 'measure', 'words']);
  assert.deepEqual(namesIn('scan'), ['analyse', 'describe', 'import', 'measure', 'words']);
  assert.deepEqual(namesIn('paused-in-sampling'), []);
  assert.deepEqual(namesIn('paused-in-scanning'), []);
});
