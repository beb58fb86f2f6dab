// What reports read of all fragments at once, a page at a time or by an index, against the plain way: each row by itself.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FragmentFigures } from '../../../server/engine/detection.ts';
import { replaceFacts } from '../../../server/store/facts-tables.ts';
import { listFamilies } from '../../../server/store/families.ts';
import { readFragmentCounts } from '../../../server/store/fragment-counts.ts';
import { readFragmentTexts } from '../../../server/store/fragment-texts.ts';
import { insertFragments } from '../../../server/store/fragments-table.ts';
import { PlaceWriter } from '../../../server/store/place-writer.ts';
import { readRows } from '../../../server/store/row-pages.ts';
import { insertSamples } from '../../../server/store/samples-table.ts';
import { forgetStage } from '../../../server/store/stages-table.ts';
import { countSamplesByTrain } from '../../../server/store/stored-fragments.ts';
import { type Database, openForWriting, transact } from '../../../server/store/study-file.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const newStudy = (): Database => openForWriting(join(scratchFolder(), 'study.sqlite'));

const figures = (text: Uint8Array, i: number): FragmentFigures => ({
  fingerprint: `${i}`,
  nLines: 6 + ((7 * i) % 5),
  text,
  train: [1, 5, 5, 50, 1000, 2, 3][i % 7]!,
  nDocuments: 1,
  nRepositories: 1,
  extract: 1 + (i % 3),
  nSamples: 1,
  clipped: false,
  family: i % 11 < 4 ? i % 11 : i,
});

test('texts are those of the rows, whatever their bytes and wherever a page ends', () => {
  const parts = ['a = 1', 'é', '€', '😀', '\ufeff', '\u0000', ''].map((text) => Buffer.from(text));
  const broken = [[0xff], [0xc3], [0x80], [0xe2, 0x82], [0xf0, 0x9f], [0xef, 0xbb]].map((bytes) =>
    Buffer.from(bytes),
  );
  const text = fc.oneof(
    { weight: 9, arbitrary: fc.array(fc.constantFrom(...parts), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...parts, ...broken), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.nat(3).map((n) => [Buffer.alloc(65_534 + n, 'x')]) },
  );
  const texts = fc.array(
    text.map((some) => Buffer.concat(some)),
    { maxLength: 600, size: 'max' },
  );
  fc.assert(
    fc.property(texts, (given) => {
      using db = newStudy();
      transact(db, () => insertFragments(db, given.map(figures)));
      const rows = db.prepare('SELECT fragment_id, text FROM fragments ORDER BY fragment_id').all();
      const plain = rows.map((row) => ({
        fragmentId: Number(row.fragment_id),
        text: new TextDecoder().decode(row.text as Uint8Array),
      }));
      assert.deepEqual([...readFragmentTexts(db)], plain);
    }),
    { numRuns: runs(20) },
  );
});

test('texts of a file that keeps them in another encoding are those of the rows, too', () => {
  const path = join(scratchFolder(), 'study.sqlite');
  const empty = new DatabaseSync(path);
  empty.exec("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (c); DROP TABLE t");
  empty.close();
  using db = openForWriting(path);
  assert.equal(db.prepare('PRAGMA encoding').get()!.encoding, 'UTF-16le');
  const texts = ['a = 1', 'é', '', 'b'].map((text) => Buffer.from(text));
  transact(db, () => insertFragments(db, texts.map(figures)));
  const read = Array.from(readFragmentTexts(db), ({ text }) => text);
  assert.deepEqual(read, ['a = 1', 'é', '', 'b']);
});

test('rows come in order of their numbers, over all pages', () => {
  for (const n of [0, 1, 1999, 2000, 2001, 4000]) {
    using db = newStudy();
    transact(db, () =>
      insertFragments(
        db,
        Array.from({ length: n }, (_, i) => figures(Buffer.from('x'), i)),
      ),
    );
    const rows = [...readRows(db, 'SELECT fragment_id, fingerprint FROM fragments')];
    assert.deepEqual(
      rows,
      Array.from({ length: n }, (_, i) => [i, `${i}`]),
    );
    const { train, family } = readFragmentCounts(db);
    assert.deepEqual(
      [...train],
      Array.from({ length: n }, (_, i) => figures(Buffer.of(), i).train),
    );
    assert.deepEqual(
      [...family],
      Array.from({ length: n }, (_, i) => figures(Buffer.of(), i).family),
    );
  }
});

test('families are listed alike from what was kept of them and from the fragments', () => {
  using db = newStudy();
  const n = 200;
  transact(db, () =>
    insertFragments(
      db,
      Array.from({ length: n }, (_, i) => figures(Buffer.from('x'), i)),
    ),
  );
  const categories = ['logic', 'license', 'tests'];
  replaceFacts(
    db,
    Array.from({ length: n }, (_, i) => ({ category: categories[i % 3]!, spdxId: '', sensitive: [] })),
  );
  const kept = listFamilies(db, n);
  forgetStage(db, 'describe');
  assert.deepEqual(listFamilies(db, n), kept);
  assert(kept.some(({ fragmentId, coreId }) => fragmentId !== coreId) && kept.length < n);
});

test('samples are counted that hold a fragment of so many places in the training data', () => {
  const places = fc.array(fc.tuple(fc.nat(29), fc.nat(9)), { maxLength: 60 });
  const ranges = [
    [1, 1],
    [2, 9],
    [10, 99],
    [1, 9],
    [100, Number.MAX_SAFE_INTEGER],
  ] as const;
  fc.assert(
    fc.property(places, (given) => {
      using db = newStudy();
      const fragments = Array.from({ length: 30 }, (_, i) => figures(Buffer.from('x'), i));
      transact(db, () => {
        const sample = {
          promptIndex: null,
          ended: 'unknown',
          tokens: null,
          logprobs: null,
          text: Buffer.of(),
        } as const;
        insertSamples(
          db,
          Array.from({ length: 10 }, (_, sampleId) => ({ ...sample, sampleId })),
        );
        insertFragments(db, fragments);
        const places = new PlaceWriter(db, 'sample_occurrences');
        for (const [i, [fragment, whose]] of given.toSorted(([a], [b]) => a - b).entries())
          places.write(fragment, i, whose, 1, 6, 0, 0);
        places.end();
      });
      const expected = ranges.map(([least, most]) => {
        const counts = fragments.map(({ train }) => train >= least && train <= most);
        const holders = new Set(given.filter(([fragment]) => counts[fragment]).map(([, whose]) => whose));
        return { nFragments: counts.filter(Boolean).length, nSamples: holders.size };
      });
      assert.deepEqual(countSamplesByTrain(db, ranges), expected);
    }),
    { numRuns: runs(20) },
  );
});
