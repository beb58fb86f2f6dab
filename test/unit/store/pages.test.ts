// Pages that are written beside SQLite are what SQLite would have written: it finds each row again, by the table and by the
// index, and finds nothing wrong with the file.

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { PageFile } from '../../../server/store/pages/page-file.ts';
import { TreeWriter } from '../../../server/store/pages/tree-writer.ts';
import { scratchFolder } from '../../support/scratch.ts';

const PAGE_SIZES = [512, 1024, 4096, 65536];
/** Both sides of where a number takes more bytes. */
const EDGES = [0, 1, 2, 127, 128, 2 ** 15, 2 ** 23, 2 ** 31, 2 ** 32, 2 ** 47, 2 ** 53 - 1].flatMap((n) =>
  [n - 1, n, n + 1].filter((each) => each >= 0 && Number.isSafeInteger(each)),
);
const value = fc.oneof(fc.constantFrom(...EDGES), fc.maxSafeNat(), fc.nat(300));

/** A table of so many columns, each a part of its key; `fill` then adds its rows as pages. */
function makeTable(nColumns: number, pageSize: number, fill: (tree: TreeWriter) => void): string {
  const path = join(scratchFolder(), 't.sqlite');
  const columns = Array.from({ length: nColumns }, (_, i) => `c${i}`);
  using db = new DatabaseSync(path);
  db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL`);
  db.exec(
    `CREATE TABLE t (${columns.map((c) => `${c} INTEGER NOT NULL`).join()}, PRIMARY KEY (${columns.join()})) STRICT, WITHOUT ROWID`,
  );
  const root = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 't'").get()!.rootpage);
  db.close();
  using file = new PageFile(path);
  const tree = new TreeWriter(file, root, nColumns);
  fill(tree);
  tree.end();
  file.end();
  return path;
}

function add(tree: TreeWriter, row: readonly number[]): void {
  tree.row.set(row);
  tree.add();
}

const rowsOf = (db: DatabaseSync): readonly number[][] =>
  db
    .prepare('SELECT * FROM t')
    .all()
    .map((row) => Object.values(row) as number[]);

const inOrder = (a: readonly number[], b: readonly number[]): number => {
  const i = a.findIndex((n, at) => n !== b[at]);
  return i < 0 ? 0 : a[i]! - b[i]!;
};

test('SQLite reads the rows that were written, and goes on with them', () => {
  const rows = fc
    .integer({ min: 2, max: 13 })
    .chain((n) => fc.array(fc.array(value, { minLength: n, maxLength: n }), { maxLength: 300, size: 'max' }));
  fc.assert(
    fc.property(rows, fc.constantFrom(...PAGE_SIZES), (some, pageSize) => {
      const nColumns = some[0]?.length ?? 3;
      const sorted = some.toSorted(inOrder);
      const all = sorted.filter((row, i) => i === 0 || inOrder(sorted[i - 1]!, row) !== 0);
      const path = makeTable(nColumns, pageSize, (tree) => {
        for (const row of all) add(tree, row);
      });
      assert.equal(statSync(path).size % pageSize, 0);
      using db = new DatabaseSync(path);
      assert.equal(db.prepare('PRAGMA integrity_check').get()!.integrity_check, 'ok');
      assert.deepEqual(rowsOf(db), all);
      // SQLite takes rows away and puts them back where others are.
      const places = all[0] ? all[0].map(() => '?').join() : '';
      db.exec('DELETE FROM t WHERE c0 % 2 = 0');
      for (const row of all)
        if (row[0]! % 2 === 0) db.prepare(`INSERT INTO t VALUES (${places})`).run(...row);
      assert.deepEqual(rowsOf(db), all);
      assert.equal(db.prepare('PRAGMA integrity_check').get()!.integrity_check, 'ok');
    }),
    { numRuns: 25 },
  );
});

test('a tree of several levels holds its rows, whatever their number, and takes no more pages than it needs', () => {
  for (const [nRows, pageSize] of [
    ...Array.from({ length: 60 }, (_, i) => [i, 512]),
    [20_011, 512],
    [40_009, 4096],
  ] as const) {
    const path = makeTable(2, pageSize, (tree) => {
      for (let i = 0; i < nRows; i++) add(tree, [i, 3 * i]);
    });
    using db = new DatabaseSync(path);
    assert.equal(db.prepare('PRAGMA integrity_check').get()!.integrity_check, 'ok');
    const { n, a, b } = db.prepare('SELECT count(*) AS n, sum(c0) AS a, sum(c1) AS b FROM t').get()!;
    const sum = Math.max(0, (nRows * (nRows - 1)) / 2);
    assert.deepEqual([n, a ?? 0, b ?? 0], [nRows, sum, 3 * sum]);
    for (let i = 0; i < nRows; i += 97)
      assert.equal(db.prepare('SELECT c1 FROM t WHERE c0 = ?').get(i)?.c1, 3 * i);
    const { bytes } = db.prepare("SELECT sum(payload) AS bytes FROM dbstat WHERE name = 't'").get()!;
    if (nRows > 10_000)
      assert(statSync(path).size < 1.5 * Number(bytes), `${statSync(path).size} of ${bytes}`);
  }
});

test('the page that SQLite locks is left out', () => {
  const pageSize = 65536;
  const lockPage = 2 ** 30 / pageSize + 1;
  const path = makeTable(2, pageSize, () => {});
  // The file has a hole up to right before it.
  const file = openSync(path, 'r+');
  ftruncateSync(file, (lockPage - 3) * pageSize);
  const nPages = Buffer.alloc(4);
  nPages.writeUInt32BE(lockPage - 3);
  writeSync(file, nPages, 0, 4, 28);
  closeSync(file);
  const nRows = 60_000;
  {
    using pages = new PageFile(path);
    const tree = new TreeWriter(pages, 2, 2);
    for (let i = 0; i < nRows; i++) add(tree, [i, 3 * i]);
    tree.end();
    pages.end();
  }
  assert(statSync(path).size > (lockPage + 2) * pageSize);
  using db = new DatabaseSync(path);
  const { n, b } = db.prepare('SELECT count(*) AS n, sum(c1) AS b FROM t').get()!;
  assert.deepEqual([n, b], [nRows, (3 * nRows * (nRows - 1)) / 2]);
  assert.equal(db.prepare('SELECT count(*) AS n FROM dbstat WHERE pageno = ?').get(lockPage)!.n, 0);
});

test('a file that notes who points to its pages is refused', () => {
  const path = join(scratchFolder(), 't.sqlite');
  using db = new DatabaseSync(path);
  db.exec('PRAGMA auto_vacuum = FULL; CREATE TABLE t (a INTEGER PRIMARY KEY)');
  db.close();
  const before = readFileSync(path);
  assert.throws(() => new PageFile(path), /shrinks by itself/);
  assert.deepEqual(readFileSync(path), before);
});
