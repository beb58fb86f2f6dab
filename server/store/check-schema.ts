// Whether a study's tables are those that Verbatim makes, by their very definitions: a stranger's file may hold views
// that never end, triggers, generated columns and tables that look like ours. Knows nothing of what the rows hold.

import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../errors.ts';
import { migrations } from './schema.ts';

/** A definition by what it defines: kind, name and table. Spaces and comments mean nothing. */
type Definitions = ReadonlyMap<string, string>;

/** Made once for each version that is met; there are few, and they never change. */
const known = new Map<number, Definitions>();

/** What `ANALYZE` leaves, for the planner alone. */
const statistics: Definitions = new Map([
  ['table sqlite_stat1', 'CREATE TABLE sqlite_stat1 ( tbl , idx , stat )'],
  ['table sqlite_stat4', 'CREATE TABLE sqlite_stat4 ( tbl , idx , neq , nlt , ndlt , sample )'],
]);

/** Throws a `UserError` that names the first definition that no Verbatim of that schema version wrote. */
export function checkSchema(db: DatabaseSync, path: string, version: number): void {
  const wanted = known.get(version) ?? define(version);
  known.set(version, wanted);
  const found = definitionsOf(db);
  if (found === undefined) throw foreign(path, 'defines something twice');
  for (const [what, sql] of found) {
    const expected = wanted.get(what) ?? statistics.get(what);
    if (expected === undefined) throw foreign(path, `holds the ${what}, which Verbatim does not make`);
    if (expected !== sql) throw foreign(path, `defines the ${what} otherwise than Verbatim does`);
  }
  for (const what of wanted.keys()) if (!found.has(what)) throw foreign(path, `lacks the ${what}`);
  checkWordIndex(db, path, found);
}

/** Its settings are SQL, too: Verbatim makes none but the version that SQLite notes itself. */
function checkWordIndex(db: DatabaseSync, path: string, found: Definitions): void {
  if (!found.has('table fragment_words')) return;
  const rows = db.prepare("SELECT k FROM fragment_words_config WHERE k IS NOT 'version' LIMIT 1").all();
  if (rows.length > 0) throw foreign(path, 'has settings in its index of words that Verbatim does not make');
}

function define(version: number): Definitions {
  using db = new DatabaseSync(':memory:');
  db.exec(migrations.slice(0, version).join(';\n'));
  return definitionsOf(db)!;
}

/** Undefined where two definitions are of one name. */
function definitionsOf(db: DatabaseSync): Definitions | undefined {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all();
  const definitions = new Map(
    rows.map(({ type, name, tbl_name, sql }) => {
      const what = type === 'table' ? `table ${name}` : `${type} ${name} of ${tbl_name}`;
      return [what, sql === null ? '' : tokensOf(String(sql).slice(0, MAX_CHARACTERS))];
    }),
  );
  return definitions.size === rows.length ? definitions : undefined;
}

/** No definition of Verbatim's is as long: a longer one differs, whatever is behind. */
const MAX_CHARACTERS = 65_536;

/** The statement's tokens, with one space between them. */
const tokensOf = (sql: string): string =>
  (sql.match(TOKENS) ?? []).filter((token) => !/^(--|\/\*)/.test(token)).join(' ');

/**
 * Quoted text, comments, words, and single characters for all the rest. What is never closed goes to the end, so that no
 * character is read twice.
 */
const TOKENS =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\w$]+|[^\s\w]/g;

const foreign = (path: string, what: string) =>
  new UserError(`${path} ${what}`, {
    action: 'It is no study as Verbatim writes them, and is not opened. Take it from somewhere else.',
  });
