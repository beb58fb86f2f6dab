// A study that is made in one go is there whole, or not at all.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeStudy } from '../../../server/store/new-study.ts';
import { openForReading, transact } from '../../../server/store/study-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('it is there when it is whole, and not before', () => {
  const folder = scratchFolder();
  const file = join(folder, 'in', 's.sqlite');
  makeStudy(file, (db) => {
    transact(db, () => {
      const insert = db.prepare("INSERT INTO samples VALUES (?, NULL, 'eos', 0, NULL, NULL, ?, NULL)");
      // More than SQLite keeps in memory.
      for (let i = 0; i < 2000; i++) insert.run(i, Buffer.alloc(4000, i));
    });
    assert.equal(existsSync(file), false);
    assert.equal(db.path, file, 'what fails is told of the study');
  });
  assert.deepEqual(readdirSync(join(folder, 'in')), ['s.sqlite']);
  using db = openForReading(file);
  assert.equal(db.prepare('SELECT count(*) AS n FROM samples').get()?.n, 2000);
  assert.equal(db.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal', 'as other studies');
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
});

test('nothing is left of one that fails, inside of a transaction or outside', () => {
  for (const isInside of [true, false]) {
    const folder = scratchFolder();
    const fill = () => {
      throw new Error('no more');
    };
    assert.throws(
      () => makeStudy(join(folder, 's.sqlite'), (db) => (isInside ? transact(db, fill) : fill())),
      /no more/,
    );
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('what was left of one that was killed is in nobody’s way, be it a link', () => {
  const folder = scratchFolder();
  const file = join(folder, 's.sqlite');
  const other = join(folder, 'other');
  writeFileSync(other, 'other');
  symlinkSync(other, `${file}-draft`);
  for (const sibling of ['-wal', '-shm']) writeFileSync(`${file}-draft${sibling}`, 'half a page');
  makeStudy(file, () => {});
  assert.deepEqual(readdirSync(folder).sort(), ['other', 's.sqlite']);
  using db = openForReading(file);
  assert.equal(db.prepare('SELECT count(*) AS n FROM samples').get()?.n, 0);
});
