// Study files that mean harm: what lies beside them, what their schema defines, and values of the wrong kind. Each is
// refused by name, or read without being believed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import { isLocked, tryLock } from '../../../server/file-lock.ts';
import { readShards } from '../../../server/store/shards-table.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { summarise } from '../../../server/store/summary.ts';
import { forgeJournal } from '../../support/forged-journal.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const { file: healthy } = await makeSmallStudy(scratchFolder());

/** A copy of a healthy study that some SQL was run on by another program. */
function study(sql = ''): string {
  const file = join(scratchFolder(), 'x.sqlite');
  copyFileSync(healthy, file);
  using db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.enableDefensive(false);
  db.exec(`PRAGMA journal_mode = DELETE; ${sql}`);
  return file;
}

const nSamples = (file: string): number => {
  using db = openForReading(file);
  return summarise(db, file, false).nSamples;
};

const refusal = (words: RegExp) => (error: unknown) =>
  error instanceof UserError && words.test(error.message);

test('a forged journal is not read, whatever SQLite would do with it, and nothing is written beside it', () => {
  const file = study();
  const victim = join(file, '..', 'victim');
  writeFileSync(victim, 'precious');
  const journal = forgeJournal(file, victim);
  const forged = readFileSync(journal);
  assert.equal(nSamples(file), 6);
  assert.throws(() => openForWriting(file), refusal(/x\.sqlite-journal is a rollback journal/));
  assert.deepEqual(readFileSync(journal), forged);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('a forged journal of the lock is refused, and looking whether a study is locked leaves it alone', () => {
  const file = study();
  const lock = `${file}-lock`;
  copyFileSync(file, lock);
  const victim = join(file, '..', 'victim');
  writeFileSync(victim, 'precious');
  const journal = forgeJournal(lock, victim);
  assert.equal(isLocked(file), false);
  assert.throws(() => tryLock(file), refusal(/-lock-journal is a rollback journal/));
  assert.ok(existsSync(victim) && existsSync(journal));
  rmSync(journal);
  assert.throws(() => tryLock(file), refusal(/-lock is not empty/));
});

test('what a killed run left in its log is shown, and not without it', () => {
  const file = study();
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    const db = new DatabaseSync(${JSON.stringify(file)});
    db.exec("PRAGMA journal_mode = WAL; INSERT INTO samples SELECT 99, NULL, 'eos', 0, NULL, NULL, x'41', NULL");
    process.kill(process.pid, 'SIGKILL');`;
  assert.throws(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' }),
  );
  const copy = join(scratchFolder(), 'x.sqlite');
  for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
  assert.equal(nSamples(file), 7);
  forgeJournal(copy, '/nowhere');
  assert.throws(() => nSamples(copy), refusal(/rollback journal/));
});

test('links in the place of a log lead no write elsewhere', () => {
  for (const suffix of ['-wal', '-shm']) {
    const file = study();
    const victim = join(file, '..', 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, file + suffix);
    assert.equal(nSamples(file), 6);
    assert.throws(() => openForWriting(file), refusal(/is no file of its own/));
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
  }
});

test('a link in the place of the lock is not locked', () => {
  const file = study();
  const victim = join(file, '..', 'victim.sqlite');
  copyFileSync(file, victim);
  symlinkSync(victim, `${file}-lock`);
  assert.equal(isLocked(file), false);
  assert.throws(() => tryLock(file), UserError);
});

test('a study behind a link has the siblings and the lock of the file itself', () => {
  const file = study();
  const link = join(scratchFolder(), 'link.sqlite');
  symlinkSync(file, link);
  using _ = tryLock(link)!;
  assert.ok(isLocked(file));
  assert.equal(nSamples(link), 6);
});

test('pipes, folders and links to nothing are refused at once', () => {
  const folder = scratchFolder();
  const pipe = join(folder, 'pipe.sqlite');
  execFileSync('mkfifo', [pipe]);
  symlinkSync('nowhere', join(folder, 'link.sqlite'));
  assert.throws(() => openForReading(pipe), refusal(/is a named pipe/));
  assert.throws(() => openForWriting(pipe), refusal(/is a named pipe/));
  assert.throws(() => openForWriting(join(folder, 'link.sqlite')), refusal(/leads nowhere/));
});

const foreignSchemas: readonly (readonly [what: string, sql: string, refused: RegExp])[] = [
  ['a view', 'CREATE VIEW more AS SELECT 1', /holds the view more/],
  [
    'a view that never ends, in the place of a table',
    `DROP TABLE labels; CREATE VIEW labels AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
       SELECT n AS fingerprint, '' AS annotator, '' AS label, '' AS note, '' AS labelled_at FROM r`,
    /holds the view labels/,
  ],
  [
    'a trigger',
    'CREATE TRIGGER t AFTER INSERT ON labels BEGIN DELETE FROM samples; END',
    /holds the trigger t/,
  ],
  ['one more table', 'CREATE TABLE more (x)', /holds the table more/],
  ['one more index', 'CREATE INDEX more ON samples (abs(sample_id))', /holds the index more/],
  ['a table less', 'DROP TABLE labels', /lacks the table labels/],
  ['an index less', 'DROP INDEX fragments_by_counts', /lacks the index fragments_by_counts/],
  [
    'a generated column',
    "ALTER TABLE study ADD COLUMN more TEXT GENERATED ALWAYS AS (printf('%.*c', 1000, 'x')) VIRTUAL",
    /defines the table study otherwise/,
  ],
  [
    'a column of another type',
    `DROP TABLE labels; CREATE TABLE labels (fingerprint, annotator, label, note, labelled_at)`,
    /defines the table labels otherwise/,
  ],
  [
    'a setting of the index of words',
    "INSERT INTO fragment_words (fragment_words, rank) VALUES ('rank', 'bm25(10.0)')",
    /index of words/,
  ],
  ['no version', 'PRAGMA user_version = 0', /is no Verbatim study/],
  ['a negative version', 'PRAGMA user_version = -3', /is no Verbatim study/],
];
for (const [what, sql, refused] of foreignSchemas) {
  test(`${what} is refused by name`, () => {
    const file = study(sql);
    assert.throws(() => openForReading(file), refusal(refused));
    assert.throws(() => openForWriting(file), refusal(refused));
  });
}

test('spaces, comments and the statistics of ANALYZE are nothing foreign', () => {
  const sql = `PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'annotator TEXT', 'annotator /* who */  TEXT') WHERE name = 'labels';
    PRAGMA writable_schema = OFF; ANALYZE`;
  assert.equal(nSamples(study(sql)), 6);
});

const damages: readonly (readonly [what: string, sql: string])[] = [
  ['text where a number belongs', "UPDATE samples SET n_tokens = 'many'"],
  ['a number where bytes belong', 'UPDATE fragments SET text = 7'],
  ['nothing where something must be', 'UPDATE study SET plan = NULL'],
];
for (const [what, sql] of damages) {
  test(`${what} is damage`, () => {
    const file = study(
      `PRAGMA writable_schema = ON;
       UPDATE sqlite_schema SET sql = replace(replace(sql, ') STRICT', ')'), ' NOT NULL', '') WHERE type = 'table';
       PRAGMA writable_schema = RESET; ${sql}; PRAGMA writable_schema = ON;`,
    );
    restoreSchema(file);
    assert.throws(() => nSamples(file), refusal(/is damaged/));
  });
}

/** Makes the definitions those of a healthy study again, over rows that they would not have taken. */
function restoreSchema(file: string): void {
  using ours = new DatabaseSync(healthy, { readOnly: true });
  using db = new DatabaseSync(file);
  db.enableDefensive(false);
  db.exec('PRAGMA writable_schema = ON');
  const update = db.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?');
  for (const { name, sql } of ours.prepare('SELECT name, sql FROM sqlite_schema').all())
    update.run(sql!, name!);
}

const notMeant: readonly (readonly [what: string, sql: string])[] = [
  ['a plan that is no JSON', "UPDATE study SET plan = '{'"],
  ['a plan that is a list', "UPDATE study SET plan = '[]'"],
  ['a plan without a rule', "UPDATE study SET plan = json_remove(plan, '$.rule')"],
  ['a plan whose corpus is a number', "UPDATE study SET plan = json_set(plan, '$.corpus', 7)"],
  ['an environment that is text', `UPDATE study SET environment = '"x"'`],
  [
    'a commit that leads out of the cache',
    `UPDATE study SET environment = '{"hubCommits":{"hf://a/b":"../../../../etc"}}'`,
  ],
];
for (const [what, sql] of notMeant) {
  test(`${what} is damage`, () => assert.throws(() => nSamples(study(sql)), refusal(/is damaged/)));
}

test('a file of the Hub that says nothing of where it comes from is damage', () => {
  using db = openForReading(study("UPDATE shards SET hub = '{}'"));
  assert.throws(() => readShards(db), refusal(/is damaged/));
});

test('a number that JavaScript cannot hold is damage', () => {
  const file = study(
    'UPDATE study SET created_at = created_at; UPDATE shards SET n_rows = 9223372036854775807',
  );
  using db = openForReading(file);
  assert.throws(() => db.prepare('SELECT n_rows FROM shards').all(), refusal(/is damaged/));
});
