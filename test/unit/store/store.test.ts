// The study file as another program, a killed process, a newer version and a full disk leave it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { EnvironmentError, UserError } from '../../../server/errors.ts';
import { isLocked, tryLock } from '../../../server/file-lock.ts';
import { insertSamples } from '../../../server/store/samples-table.ts';
import { APPLICATION_ID, migrations } from '../../../server/store/schema.ts';
import {
  deleteStudy,
  openForReading,
  openForWriting,
  reading,
  transact,
} from '../../../server/store/study-file.ts';
import { insertStudy, readStudy } from '../../../server/store/study-table.ts';
import { summarise } from '../../../server/store/summary.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';

const plan = modelPlan('/m', ['/c']);
const sample = (sampleId: number, nBytes: number) => ({
  sampleId,
  promptIndex: null,
  ended: 'eos' as const,
  tokens: null,
  logprobs: null,
  text: new Uint8Array(nBytes).fill(65),
});

test('a study survives closing and opening, and reads back as it was written', () => {
  const file = join(scratchFolder(), 'deep', 'er', 's.sqlite');
  const db = openForWriting(file);
  insertStudy(db, plan);
  transact(db, () => insertSamples(db, [sample(0, 10), sample(1, 20)]));
  db.close();
  using again = openForReading(file);
  assert.deepEqual(readStudy(again)?.plan, plan);
  const summary = summarise(again, file, false);
  assert.equal(summary.nSamples, 2);
  assert.equal(summary.nFragments, null, 'not analysed is not the same as nothing found');
  assert.equal(summary.state, 'cancelled', 'no process runs it, so it can be gone on with');
});

test('what the schema of a study defines is not trusted, whoever opens it', () => {
  const file = join(scratchFolder(), 's.sqlite');
  openForWriting(file).close();
  for (const open of [openForWriting, openForReading]) {
    using db = open(file);
    assert.equal(db.prepare('PRAGMA trusted_schema').get()?.trusted_schema, 0);
  }
});

test('a study is deleted, but not while it is being written, and a folder never', () => {
  const folder = scratchFolder();
  const file = join(folder, 's.sqlite');
  openForWriting(file).close();
  const lock = tryLock(file);
  assert.throws(() => deleteStudy(file), /Another run is writing/);
  lock?.[Symbol.dispose]();
  deleteStudy(file);
  assert(!existsSync(file));
  mkdirSync(file);
  assert.throws(() => openForReading(file), /is a folder, and a study is a file/);
});

test('a batch that fails half way leaves nothing', () => {
  using db = openForWriting(join(scratchFolder(), 's.sqlite'));
  transact(db, () => insertSamples(db, [sample(0, 10)]));
  assert.throws(() => transact(db, () => insertSamples(db, [sample(1, 10), sample(0, 10)])));
  assert.deepEqual(db.prepare('SELECT sample_id FROM samples').all().length, 1);
});

test('one answer is of one moment, whoever writes meanwhile', () => {
  const file = join(scratchFolder(), 'a.sqlite');
  using writing = openForWriting(file);
  insertStudy(writing, modelPlan('/model', ['/corpus']));
  const failures = (db: DatabaseSync) => db.prepare('SELECT failure FROM study').get()?.failure;
  const seen = reading(file, (db) => {
    const before = failures(db);
    writing.exec("UPDATE study SET failure = 'none'");
    return [before, failures(db)];
  });
  assert.deepEqual(seen, [null, null]);
  assert.equal(reading(file, failures), 'none');
});

test('a file that is no study, or that a newer version wrote, is refused by name', () => {
  const folder = scratchFolder();
  const refusal = (path: string) => (error: Error) =>
    error instanceof UserError && error.message.includes(path);
  const text = join(folder, 'text.sqlite');
  writeFileSync(text, 'This is not a database at all, whatever its name says.'.repeat(40));
  const other = join(folder, 'other.sqlite');
  const otherDb = new DatabaseSync(other);
  otherDb.exec('CREATE TABLE bookmarks (url)');
  otherDb.close();
  const newer = join(folder, 'newer.sqlite');
  const newerDb = openForWriting(newer);
  newerDb.exec('PRAGMA user_version = 999');
  newerDb.close();
  for (const path of [text, other, newer]) {
    assert.throws(() => openForReading(path), refusal(path));
    assert.throws(() => openForWriting(path), refusal(path));
  }
  assert.throws(() => openForReading(join(folder, 'none.sqlite')), refusal('none.sqlite'));
  const readBack = new DatabaseSync(other);
  assert.equal(readBack.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'study'").get()?.n, 0);
  readBack.close();
});

for (const version of [...migrations.keys()].slice(1)) {
  test(`a study of schema ${version} is brought up to date once, by whoever of several opens it`, async (t) => {
    const file = join(scratchFolder(), 's.sqlite');
    const old = new DatabaseSync(file);
    old.exec(`PRAGMA journal_mode = WAL; ${migrations.slice(0, version).join(';')};
      PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
    old.close();
    const script = `const { parentPort, workerData: { module, file, gate } } = require('node:worker_threads');
      import(module).then(({ openForReading }) => {
        parentPort.postMessage('ready');
        Atomics.wait(gate, 0, 0);
        try { openForReading(file).close(); parentPort.postMessage('opened'); }
        catch (error) { parentPort.postMessage(String(error)); }
      });`;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const module = new URL('../../../server/store/study-file.ts', import.meta.url).href;
    const openers = Array.from(
      { length: 4 },
      () => new Worker(script, { eval: true, workerData: { module, file, gate } }),
    );
    t.after(() => Promise.all(openers.map((opener) => opener.terminate())));
    await Promise.all(openers.map((opener) => once(opener, 'message')));
    const answers = openers.map(async (opener) => (await once(opener, 'message'))[0]);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    assert.deepEqual(
      await Promise.all(answers),
      openers.map(() => 'opened'),
    );
  });
}

test('a study that is being written is locked; the lock dies with its process', async (t) => {
  const file = join(scratchFolder(), 's.sqlite');
  const module = new URL('../../../server/file-lock.ts', import.meta.url).href;
  const script = `import { tryLock } from ${JSON.stringify(module)};
    globalThis.lock = tryLock(${JSON.stringify(file)});
    if (globalThis.lock) console.log('locked');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  assert.equal(tryLock(file), undefined);
  assert.equal(isLocked(file), true);
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  const mine = tryLock(file);
  assert(mine);
  assert.equal(tryLock(file), undefined, 'not even this process takes it twice');
  mine[Symbol.dispose]();
  assert.equal(isLocked(file), false);
});

test('who looks at the lock while another one looks sees that nobody writes', () => {
  const file = join(scratchFolder(), 's.sqlite');
  tryLock(file)![Symbol.dispose]();
  // Another process, that has got as far as this.
  const other = new DatabaseSync(`${file}-lock`);
  other.exec('BEGIN; SELECT name FROM sqlite_schema');
  assert.equal(isLocked(file), false);
  other.close();
});

test('a full disk is said in words, and what was kept stays', (t) => {
  const disk = smallDisk(1 << 20);
  if (!disk) return t.skip('needs the right to mount a small disk');
  const file = join(disk.folder, 's.sqlite');
  using db = openForWriting(file);
  insertStudy(db, plan);
  transact(db, () => insertSamples(db, [sample(0, 1000)]));
  assert.throws(
    () => {
      for (let id = 1; ; id++) transact(db, () => insertSamples(db, [sample(id, 100_000)]));
    },
    (error: Error) =>
      error instanceof EnvironmentError && /disk/i.test(error.message) && error.message.includes(file),
  );
  const ids = db.prepare('SELECT sample_id, length(text) AS n FROM samples').all();
  assert.equal(ids[0]?.n, 1000);
  for (const row of ids.slice(1)) assert.equal(row.n, 100_000);
  return undefined;
});

test('no migration rewrites a definition that holds comments: older SQLite breaks it, and editors have an older one', () => {
  for (const sql of migrations) assert.doesNotMatch(sql, /\b(DROP COLUMN|RENAME)\b/i);
});
