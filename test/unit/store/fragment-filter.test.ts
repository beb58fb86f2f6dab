// Filters over more fragments than are counted, held against all of them in memory: whichever index a page is found
// by, it is the page that sorting everything would give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FragmentOrder } from '../../../protocol/fragments.ts';
import type { FragmentFilter } from '../../../protocol/views.ts';
import { COUNT_LIMIT } from '../../../server/store/find-fragments.ts';
import { type ViewQuery, viewFragments } from '../../../server/store/fragment-views.ts';
import { forgetWords, indexWords, standsFromWord } from '../../../server/store/fragment-words.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { seedMillion } from '../../bench/ui-study.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const file = seedMillion(40_000, scratchFolder());

interface Plain {
  readonly id: number;
  readonly fingerprint: string;
  readonly text: string;
  readonly family: number;
  readonly extract: number;
  readonly nLines: number;
  readonly category: string;
  readonly sensitive: string;
  readonly clipped: number;
  readonly license: string;
  readonly isLoop: number;
}

const all: readonly Plain[] = (() => {
  using db = openForReading(file);
  return db
    .prepare(
      `SELECT f.fragment_id AS id, fingerprint, CAST(text AS TEXT) AS text, family, extract, n_lines AS nLines,
         category, sensitive, clipped, license,
         (SELECT is_loop FROM sample_occurrences o JOIN sample_metrics USING (sample_id)
          WHERE o.fragment_id = f.fragment_id) AS isLoop
       FROM fragments f JOIN fragment_facts USING (fragment_id) JOIN train_occurrences USING (fragment_id)
       JOIN documents USING (document_id) ORDER BY f.fragment_id`,
    )
    .all()
    .map((row) => ({ ...row }) as unknown as Plain);
})();

const passes = (filter: FragmentFilter, accepted: ReadonlySet<string>) => (f: Plain) =>
  (filter.text === undefined ||
    standsFromWord(f.text, filter.text.toLowerCase()) ||
    f.fingerprint.startsWith(filter.text.toLowerCase())) &&
  (filter.license === undefined || f.license === filter.license) &&
  (filter.category === undefined || f.category === filter.category) &&
  (!filter.isSensitive || f.sensitive !== '') &&
  (!filter.isClipped || f.clipped === 1) &&
  (filter.loops === undefined || (filter.loops === 'only') === (f.isLoop === 1)) &&
  (!filter.isNew || !accepted.has(f.fingerprint));

const lateness = ({ category }: Plain) =>
  category === 'logic' ? 0 : ['boilerplate', 'copyright', 'license'].includes(category) ? 2 : 1;

const inOrder: Readonly<Record<FragmentOrder, (a: Plain, b: Plain) => number>> = {
  logic: (a, b) => lateness(a) - lateness(b) || b.nLines - a.nLines || a.id - b.id,
  train: (a, b) => a.id - b.id,
  extract: (a, b) => b.extract - a.extract || a.id - b.id,
  length: (a, b) => b.nLines - a.nLines || a.id - b.id,
};

function plainPage({ grouping, filter, accepted, order, offset, limit }: ViewQuery) {
  const passing = all.filter(passes(filter, accepted));
  const families = Map.groupBy(passing, ({ family }) => family);
  const shown =
    grouping === 'family'
      ? [...families.values()].map((members) => members.toSorted(inOrder.length)[0]!)
      : passing;
  const sorted = shown.toSorted(inOrder[order]).slice(offset, offset + limit);
  return {
    rows: sorted.map(({ fingerprint, family }) => [
      fingerprint,
      grouping === 'family' ? families.get(family)!.length : 1,
    ]),
    total: shown.length,
  };
}

const filters = fc.record<FragmentFilter>(
  {
    text: fc.constantFrom(
      'function_3',
      'argument',
      'RETURN argument',
      'return argument + 39',
      '000000',
      '=>',
      'unction',
    ),
    license: fc.constantFrom('mit', 'gpl-3.0', '', 'none'),
    category: fc.constantFrom('license', 'logic', 'tests'),
    isSensitive: fc.constant(true),
    isClipped: fc.constant(true),
    loops: fc.constantFrom('only', 'without'),
    isNew: fc.constant(true),
  },
  { requiredKeys: [] },
);

test('a page is the one that sorting everything would give, and totals are exact or said to be at least so', () => {
  using db = openForReading(file);
  const accepted = new Set(all.filter(({ id }) => id % 11 === 0).map(({ fingerprint }) => fingerprint));
  fc.assert(
    fc.property(
      filters,
      fc.constantFrom('family', 'flat'),
      fc.constantFrom<FragmentOrder>('logic', 'train', 'extract', 'length'),
      fc.constantFrom(0, 7, 9_990),
      (filter, grouping, order, offset) => {
        const query: ViewQuery = { filter, grouping, order, offset, limit: 20, group: null, accepted };
        const page = viewFragments(db, query);
        const plain = plainPage(query);
        assert.deepEqual(
          page.items.map(({ fingerprint, nFamily }) => [fingerprint, nFamily]),
          plain.rows,
        );
        if (!page.isAtLeast) assert.equal(page.total, plain.total);
        else assert.ok(page.total < plain.total && page.total >= COUNT_LIMIT);
      },
    ),
    { numRuns: runs(60) },
  );
});

test('words find the same fragments with and without their index', () => {
  const study = seedMillion(21_000, scratchFolder()); // Fewer are looked through without it.
  const longWord = 'Blob'.repeat(30);
  using db = openForWriting(study);
  const texts = db.prepare('UPDATE fragments SET text = CAST(? AS BLOB) WHERE fragment_id % 3 = ?');
  texts.run('const parseHTTPRequest = éclairFile(x2Y)\n  _private.under_score', 0);
  texts.run('Straße “quoted” naïve42 = getFile("a.b")', 1);
  texts.run(`Data${longWord} = end`, 2);
  indexWords(db);
  const wanted = [
    'parse',
    'httpreq',
    'request',
    'file',
    'file(',
    'under',
    'score',
    'y)',
    'clair',
    'stra',
    'quoted',
    'Ve42',
    '42',
    '“quo',
    'é',
    '(x2',
    'ile',
    'b")',
    longWord,
    `${longWord} = e`,
    `${longWord}x`,
    longWord.slice(0, 64),
    `${longWord.slice(0, 64)} =`,
  ];
  const find = (text: string) =>
    viewFragments(db, {
      ...{ filter: { text }, grouping: 'flat', order: 'length', offset: 0, limit: 30, group: null },
      accepted: new Set(),
    } as ViewQuery);
  const indexed = wanted.map(find);
  assert.ok(indexed.filter(({ total }) => total > 0).length > 10);
  forgetWords(db);
  assert.deepEqual(wanted.map(find), indexed);
});

test('data that is one long word is listed in a moment', () => {
  using db = openForWriting(seedMillion(1, scratchFolder()));
  for (const word of ['a'.repeat(100_000), 'aB9'.repeat(33_333)]) {
    db.prepare('UPDATE fragments SET text = CAST(? AS BLOB)').run(word);
    const { user } = process.cpuUsage();
    indexWords(db);
    const cpuMs = (process.cpuUsage().user - user) / 1000;
    assert.ok(cpuMs < 2_000, `${cpuMs} ms`); // With the square of its length it takes ten times as long.
  }
});
