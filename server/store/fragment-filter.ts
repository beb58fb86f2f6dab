// A view's filter as parts of SQL. Each part tests a fragment; most can also list who passes it from an index, so
// that whatever comes first need not look at all fragments.

import type { FragmentFilter, Grouping } from '../../protocol/views.ts';
import { countFragments } from './counts.ts';
import { asciiLower, standsFromWord, wordsQuery } from './fragment-words.ts';
import { standsOnlyInLoops } from './loop-fragments.ts';
import { isDone } from './stages-table.ts';
import type { Database } from './study-file.ts';

export type SqlValue = string | number;

/** SQL, with the values of its question marks. */
export interface Clause {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

export interface FilterPart {
  /** A condition on the row of `fragments` that goes by the name `f` in the query. */
  readonly test: (f: string) => Clause;
  /** The `fragment_id`s of those that pass, and perhaps of some that do not. */
  readonly list?: Clause;
  /** How many the list holds, where that is kept. */
  readonly nListed?: number;
  /** Set where the list holds none that does not pass. */
  readonly isExact?: true;
  /** Set where the list comes in order of fragment_id. */
  readonly isSorted?: true;
}

/** Which fragments a view shows: those that pass every part. */
export function filterParts(
  db: Database,
  filter: FragmentFilter,
  accepted: ReadonlySet<string>,
): readonly FilterPart[] {
  const parts: FilterPart[] = [];
  if (filter.text !== undefined && filter.text !== '') parts.push(textPart(db, asciiLower(filter.text)));
  if (filter.repository) parts.push(repositoriesPart(asciiLower(filter.repository)));
  if (filter.path) parts.push(pathsPart(asciiLower(filter.path)));
  if (filter.fromLines !== undefined || filter.toLines !== undefined) {
    parts.push(lengthPart(filter.fromLines ?? 0, filter.toLines ?? Number.MAX_SAFE_INTEGER));
  }
  if (filter.license !== undefined) parts.push(groupPart(db, 'licence', filter.license));
  if (filter.category !== undefined) parts.push(groupPart(db, 'category', filter.category));
  if (filter.isSensitive) {
    parts.push(listed("SELECT fragment_id FROM fragment_facts WHERE sensitive <> ''", []));
  }
  if (filter.isClipped) parts.push(listed('SELECT fragment_id FROM fragments WHERE clipped = 1', []));
  if (filter.loops !== undefined) parts.push(loopsPart(filter.loops));
  if (filter.isNew && accepted.size > 0) {
    const values = [JSON.stringify([...accepted])];
    parts.push({
      test: (f) => ({ sql: `${f}.fingerprint NOT IN (SELECT value FROM json_each(?))`, values }),
    });
  }
  return parts;
}

/** The fragments of one group of a view. */
export function groupPart(db: Database, grouping: Grouping, name: string): FilterPart {
  if (grouping === 'sample') return samplesPart(Number(name) + 1, Number(name));
  const group = db
    .prepare('SELECT group_id, n_fragments FROM fragment_groups WHERE grouping = ? AND name = ?')
    .get(grouping, name);
  const part =
    grouping === 'category'
      ? listed('SELECT fragment_id FROM fragment_facts WHERE category = ?', [name])
      : listed('SELECT fragment_id FROM group_members WHERE group_id = ?', [Number(group?.group_id ?? -1)]);
  return { ...part, nListed: Number(group?.n_fragments ?? 0) };
}

function repositoriesPart(name: string): FilterPart {
  return unsorted(
    `SELECT DISTINCT fragment_id FROM fragment_groups JOIN group_members USING (group_id)
     WHERE grouping = 'repository' AND instr(lower(name), ?) > 0`,
    [name],
  );
}

function pathsPart(path: string): FilterPart {
  return unsorted(
    `SELECT DISTINCT fragment_id FROM documents JOIN train_occurrences USING (document_id)
     WHERE instr(lower(path), ?) > 0`,
    [path],
  );
}

/** Fragments of the samples with ids from `first` up to `end`, where they may stand more than once. */
export function samplesPart(end: number, first = 0): FilterPart {
  const values = [first, end];
  const within = 'FROM sample_occurrences WHERE sample_id >= ? AND sample_id < ?';
  return {
    test: (f) => ({ sql: `EXISTS (SELECT 1 ${within} AND fragment_id = ${f}.fragment_id)`, values }),
    list: { sql: `SELECT DISTINCT fragment_id ${within}`, values },
    isExact: true,
  };
}

/** Fragments that stand only in samples that repeat themselves, or all others. */
function loopsPart(which: 'only' | 'without'): FilterPart {
  if (which === 'without') return { test: (f) => ({ sql: `NOT ${standsOnlyInLoops(f)}`, values: [] }) };
  const someLoop = `SELECT DISTINCT fragment_id FROM sample_metrics
    CROSS JOIN sample_occurrences USING (sample_id) WHERE is_loop = 1`;
  return {
    test: (f) => ({ sql: standsOnlyInLoops(f), values: [] }),
    list: { sql: someLoop, values: [] },
  };
}

export function familyPart(family: number): FilterPart {
  return listed('SELECT fragment_id FROM fragments WHERE family = ?', [family]);
}

/** Fragments that occur exactly so often in the corpus and in the samples. */
export function countsPart(train: number, extract: number): FilterPart {
  return listed('SELECT fragment_id FROM fragments WHERE train = ? AND extract = ?', [train, extract]);
}

/** Fragments of so many significant lines. */
export function lengthPart(fromLines: number, toLines: number): FilterPart {
  return unsorted('SELECT fragment_id FROM fragments WHERE n_lines BETWEEN ? AND ?', [fromLines, toLines]);
}

function unsorted(sql: string, values: readonly SqlValue[]): FilterPart {
  const { isSorted: _, ...part } = listed(sql, values);
  return part;
}

export const passes = (parts: readonly FilterPart[], f: string): Clause =>
  allOf(parts.map(({ test }) => test(f)));

export const allOf = (clauses: readonly Clause[]): Clause => ({
  sql: clauses.map(({ sql }) => `(${sql})`).join(' AND ') || 'TRUE',
  values: clauses.flatMap(({ values }) => values),
});

/** A part whose list has an index that also answers for a single fragment. `sql` ends with a condition. */
function listed(sql: string, values: readonly SqlValue[]): FilterPart {
  return {
    test: (f) => ({ sql: `EXISTS (${sql} AND fragment_id = ${f}.fragment_id)`, values }),
    list: { sql, values },
    isExact: true,
    isSorted: true,
  };
}

/** So many texts are looked through in a moment, for whatever stands inside of words. */
const FEW_TEXTS = 20_000;

/** Passes fragments whose fingerprint begins with the text, and those whose text holds it. */
function textPart(db: Database, text: string): FilterPart {
  if (countFragments(db) <= FEW_TEXTS) {
    return {
      test: (f) => ({
        sql: `instr(lower(CAST(${f}.text AS TEXT)), ?) > 0 OR substr(${f}.fingerprint, 1, ?) = ?`,
        values: [text, text.length, text],
      }),
    };
  }
  db.function('stands_from_word', { deterministic: true }, (whole, wanted) =>
    Number(standsFromWord(String(whole), String(wanted))),
  );
  // The built-in function comes first, because it says no faster.
  const test = (f: string): Clause => ({
    sql: `instr(lower(CAST(${f}.text AS TEXT)), ?) > 0 AND stands_from_word(CAST(${f}.text AS TEXT), ?)
      OR substr(${f}.fingerprint, 1, ?) = ?`,
    values: [text, text, text.length, text],
  });
  const words = isDone(db, 'words') ? wordsQuery(text) : undefined;
  if (words === undefined) return { test };
  const found = 'SELECT rowid AS fragment_id FROM fragment_words WHERE fragment_words MATCH ?';
  if (!/^[0-9a-f]{1,32}$/.test(text)) return { test, list: { sql: found, values: [words] } };
  const byFingerprint = 'SELECT fragment_id FROM fragments WHERE fingerprint BETWEEN ? AND ?';
  return {
    test,
    list: { sql: `${found} UNION ${byFingerprint}`, values: [words, text, `${text}g`] },
  };
}
