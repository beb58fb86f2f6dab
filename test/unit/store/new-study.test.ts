// A study that is made in one go is there whole, or not at all.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLACE_CAP } from '../../../server/engine/detection.ts';
import { makeStudy } from '../../../server/store/new-study.ts';
import type { NewPlaces } from '../../../server/store/pages/place-tables.ts';
import { documentId } from '../../../server/store/schema.ts';
import { type Database, openForReading, openForWriting, transact } from '../../../server/store/study-file.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';

test('it is there when it is whole, and not before', async () => {
  const folder = scratchFolder();
  const file = join(folder, 'in', 's.sqlite');
  await makeStudy(file, (db) => {
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

test('nothing is left of one that fails, inside of a transaction or outside', async () => {
  for (const isInside of [true, false]) {
    const folder = scratchFolder();
    const fill = () => {
      throw new Error('no more');
    };
    await assert.rejects(
      makeStudy(join(folder, 's.sqlite'), (db) => (isInside ? transact(db, fill) : fill())),
      /no more/,
    );
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('what was left of one that was killed is in nobody’s way, be it a link', async () => {
  const folder = scratchFolder();
  const file = join(folder, 's.sqlite');
  const other = join(folder, 'other');
  writeFileSync(other, 'other');
  symlinkSync(other, `${file}-draft`);
  for (const sibling of ['-wal', '-shm']) writeFileSync(`${file}-draft${sibling}`, 'half a page');
  await makeStudy(file, () => {});
  assert.deepEqual(readdirSync(folder).sort(), ['other', 's.sqlite']);
  using db = openForReading(file);
  assert.equal(db.prepare('SELECT count(*) AS n FROM samples').get()?.n, 0);
});

/** Fragments with so many places each, in order: fragment, ordinal, index of whose, first and last line. */
const COUNTS = [0, 1, 127, 0, 128, PLACE_CAP, 1, 400, 5];
const IDS = Float64Array.from({ length: 90 }, (_, i) =>
  documentId((i * 37) % 90, i % 7 === 0 ? 2 ** 32 - 1 : i),
);
const PLACES = COUNTS.flatMap((n, fragment) =>
  Array.from({ length: n }, (_, i) => [fragment, i, (7 * fragment + 3 * i) % 90, 1 + i, 6 + 40 * i] as const),
);
const allPlaces: NewPlaces = {
  ids: IDS,
  visit: (write) => {
    for (const place of PLACES) write(...place);
  },
};
const noPlaces: NewPlaces = { ids: Float64Array.of(), visit: () => {} };

const tables = [
  ['train_occurrences', 'document_id', 'train_occurrences_by_document'],
  ['sample_occurrences', 'sample_id', 'sample_occurrences_by_sample'],
] as const;

test('places fill the tables and indexes, as if SQLite had been given them', async () => {
  const folder = scratchFolder();
  const file = join(folder, 's.sqlite');
  const sample = (db: Database) =>
    db.exec("INSERT INTO samples VALUES (7, NULL, 'eos', 0, NULL, NULL, x'61', NULL)");
  await makeStudy(file, sample, { train_occurrences: allPlaces, sample_occurrences: allPlaces });
  await makeStudy(join(folder, 'none.sqlite'), sample, {
    train_occurrences: noPlaces,
    sample_occurrences: noPlaces,
  });
  assert.deepEqual(readdirSync(folder), ['none.sqlite', 's.sqlite']);
  for (const [name, places] of [
    ['s.sqlite', PLACES],
    ['none.sqlite', []],
  ] as const) {
    using db = openForReading(join(folder, name));
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    assert.equal(db.prepare('SELECT sample_id AS id FROM samples').get()?.id, 7);
    for (const [table, whose, index] of tables) {
      const rows = db.prepare(`SELECT * FROM ${table}`).all();
      const expected = places.map(([f, n, i, first, last]) => [f, n, IDS[i]!, first, last, 0, 0]);
      assert.deepEqual(
        rows.map((row) => Object.values(row)),
        expected,
      );
      const byWhose = db.prepare(
        `SELECT fragment_id, ordinal FROM ${table} INDEXED BY ${index} WHERE ${whose} = ?`,
      );
      for (const id of IDS)
        assert.deepEqual(
          byWhose.all(id).map((row) => Object.values(row)),
          expected.filter((place) => place[2] === id).map(([f, n]) => [f, n]),
        );
    }
  }
  // Who writes on finds it as any other study.
  using db = openForWriting(file);
  transact(db, () => db.exec('DELETE FROM train_occurrences WHERE ordinal % 3 = 0'));
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
});

test('a table that has places already keeps them, and the study is not made', async () => {
  const folder = scratchFolder();
  const fill = (db: Database) => db.exec('INSERT INTO train_occurrences VALUES (1, 0, 1, 1, 1, 0, 0)');
  const places = { train_occurrences: allPlaces, sample_occurrences: allPlaces };
  await assert.rejects(makeStudy(join(folder, 's.sqlite'), fill, places), /train_occurrences has places/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a disk that is full while places are written is told of the study', async (t) => {
  const disk = smallDisk(1 << 20);
  if (!disk) return t.skip('no disk of its own can be made here');
  const file = join(disk.folder, 's.sqlite');
  const many: NewPlaces = {
    ids: Float64Array.of(1),
    visit: (write) => {
      for (let i = 0; i < 1e5; i++) write(i, 0, 0, 1, 6);
    },
  };
  await assert.rejects(
    makeStudy(file, () => {}, { train_occurrences: many, sample_occurrences: noPlaces }),
    (error: NodeJS.ErrnoException) => error.code === 'ENOSPC' && error.path === file,
  );
  assert.deepEqual(readdirSync(disk.folder), []);
});
