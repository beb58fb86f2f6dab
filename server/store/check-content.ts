// Whether what a study's tables hold is what Verbatim puts there, as far as that can be told in a moment: once for each
// state of a file, and again, in full, when something went wrong that no healthy study explains.

import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { isLocked } from '../file-lock.ts';
import { damaged } from '../sqlite-failure.ts';
import { logBytes } from '../sqlite-siblings.ts';
import { contentRules } from './content-rules.ts';

/** Larger files are looked through only when something went wrong: it takes a second for each GiB and more. */
const MAX_BYTES_AT_OPENING = 64 << 20;
const MAX_REMEMBERED = 1000;

/** Files that were found to be in order, with what they were like then. */
const inOrder = new Map<string, string>();

/** Throws a `UserError` where the study is damaged. `state` is what the file is like now. */
export function checkContent(db: DatabaseSync, path: string, file: string, state: string): void {
  // A study that a process of this account is writing is no stranger's, and looks different in a moment.
  if (inOrder.get(file) === state || isLocked(path)) return;
  const { size } = statSync(file);
  if (logBytes(file) === 0 && size % pageBytes(db) !== 0) throw damaged(path, CUT);
  if (size + logBytes(file) <= MAX_BYTES_AT_OPENING) checkPages(db, path);
  if (inOrder.size >= MAX_REMEMBERED) inOrder.clear();
  inOrder.set(file, state);
}

/** SQLite reads what is missing of the last page as zeros, and finds nothing wrong where that part was empty. */
const CUT = 'it ends in the middle of a page, so its end is missing';

const pageBytes = (db: DatabaseSync): number =>
  Number(Object.values(db.prepare('PRAGMA page_size').get() ?? {})[0]);

/** Every page, and every value's type: what `STRICT` and `NOT NULL` say holds for strangers' files only if looked at. */
function checkPages(db: DatabaseSync, path: string): void {
  const found = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (found !== 'ok') throw damaged(path, String(found).replace(/\s+/g, ' '));
}

/** What is wrong with the study, where anything is. Asked in full: pages, indexes, references, and the rows' own sense. */
export function findDamage(db: DatabaseSync): string | undefined {
  const pages = Object.values(db.prepare('PRAGMA integrity_check(1)').get() ?? {})[0];
  if (pages !== 'ok') return String(pages).replace(/\s+/g, ' ');
  const broken = (rule: string) => db.prepare(`${rule} LIMIT 1`).get() !== undefined;
  const rules = [...numberRules(db), ...Object.entries(contentRules)];
  return rules.find(([, rule]) => broken(rule))?.[0];
}

/** Numbers of a size that sums of them can be taken of. */
function numberRules(db: DatabaseSync): readonly (readonly [what: string, rule: string])[] {
  const columns = db
    .prepare(
      `SELECT t.name AS tbl, c.name AS col FROM pragma_table_list t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.schema = 'main' AND c.type IN ('INTEGER', 'REAL') AND t.name NOT LIKE 'sqlite%'`,
    )
    .all();
  return columns.map(({ tbl, col }) => [
    `a number in ${tbl} is too large`,
    `SELECT 1 FROM "${tbl}" WHERE "${col}" NOT BETWEEN -9007199254740991 AND 9007199254740991`,
  ]);
}
