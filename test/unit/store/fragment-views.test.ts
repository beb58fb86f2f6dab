// Every page of the studies view against the plain way: all fragments in memory, filtered and counted there. The
// study is a small real one, with a leaked token, licences and families.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import type { FragmentFilter, Grouping } from '../../../protocol/views.ts';
import { forgetFacts } from '../../../server/store/facts-tables.ts';
import { listGroups } from '../../../server/store/fragment-groups.ts';
import { viewFragments } from '../../../server/store/fragment-views.ts';
import { isDone } from '../../../server/store/stages-table.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { findFragment, listTrainOccurrences } from '../../../server/store/views.ts';
import { describeStudy } from '../../../server/study/describe-fragments-stage.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const { file } = await makeSmallStudy(scratchFolder());
const nothing: ReadonlySet<string> = new Set();

const view = (filter: FragmentFilter, grouping: Grouping = 'flat', accepted = nothing) => {
  using db = openForReading(file);
  const query = { grouping, group: null, order: 'train', filter, accepted, offset: 0, limit: 1000 } as const;
  return viewFragments(db, query);
};
const all = view({}).items;

/** Whether some document that holds the fragment is called so. */
function isHeld(fingerprint: string, part: 'repository' | 'path', name: string): boolean {
  using db = openForReading(file);
  const { fragmentId } = findFragment(db, fingerprint)!;
  const places = listTrainOccurrences(db, fragmentId, { offset: 0, limit: 1000 });
  return places.some(({ provenance }) => rawText(provenance[part]).toLowerCase().includes(name));
}

test('the analysis leaves every fragment described, grouped and in a family', () => {
  using db = openForReading(file);
  assert(isDone(db, 'describe'));
  assert(all.length >= 4);
  assert(all.every(({ category }) => category !== null));
  assert(all.some(({ sensitive }) => sensitive.includes(foreign('secret'))));
  assert(all.some(({ spdxId }) => rawText(spdxId) !== ''));
});

test('every filter lets through exactly what it says, whatever the grouping', () => {
  const cases: readonly (readonly [FragmentFilter, (f: (typeof all)[number]) => boolean])[] = [
    [{}, () => true],
    [{ isSensitive: true }, ({ sensitive }) => sensitive.length > 0],
    [{ category: 'license' }, ({ category }) => category === 'license'],
    [{ isClipped: true }, ({ clipped }) => clipped],
    [{ isNew: true }, ({ fingerprint }) => fingerprint !== all[0]!.fingerprint],
    [{ text: all[1]!.fingerprint.slice(0, 10) }, ({ fingerprint }) => fingerprint === all[1]!.fingerprint],
    [{ category: 'license', isSensitive: true }, () => false],
    [{ fromLines: 7 }, ({ nLines }) => nLines >= 7],
    [{ fromLines: 6, toLines: 6 }, ({ nLines }) => nLines === 6],
    [{ text: 'ERMISSIO' }, ({ spdxId }) => rawText(spdxId) === 'MIT'],
    [{ repository: 'A/SHO' }, ({ fingerprint }) => isHeld(fingerprint, 'repository', 'a/sho')],
    [{ path: 'connect' }, ({ fingerprint }) => isHeld(fingerprint, 'path', 'connect')],
  ];
  const accepted = new Set([all[0]!.fingerprint]);
  for (const [filter, passes] of cases) {
    const expected = all.filter(passes);
    const page = view(filter, 'flat', accepted);
    assert.deepEqual(
      page.items.map(({ fingerprint }) => fingerprint),
      expected.map(({ fingerprint }) => fingerprint),
      JSON.stringify(filter),
    );
    assert.equal(page.total, expected.length);
    const families = view(filter, 'family', accepted);
    assert.equal(families.total, new Set(expected.map(({ family }) => family)).size);
    assert.equal(
      families.items.reduce((sum, { nFamily }) => sum + nFamily, 0),
      expected.length,
    );
  }
});

test('groups hold what their size says, with and without a filter', () => {
  using db = openForReading(file);
  for (const grouping of ['category', 'licence', 'repository', 'sample'] as const) {
    for (const filter of [{}, { isSensitive: true }] satisfies FragmentFilter[]) {
      const groups = listGroups(db, grouping, filter, nothing, { offset: 0, limit: 1000 });
      assert(groups.items.length > 0, grouping);
      assert.equal(groups.total, groups.items.length);
      for (const { name, nFragments } of groups.items) {
        const page = viewFragments(db, {
          ...{ grouping, group: name, order: 'length', filter, accepted: nothing, offset: 0, limit: 1000 },
        });
        assert.equal(page.total, nFragments, `${grouping} ${rawText(name)}`);
        assert.equal(page.items.length, nFragments, `${grouping} ${rawText(name)}`);
        const lengths = page.items.map(({ nLines }) => nLines);
        assert.deepEqual(
          lengths,
          lengths.toSorted((a, b) => b - a),
        );
      }
    }
  }
});

test('pages of groups, put together, are all groups, the largest first', () => {
  using db = openForReading(file);
  for (const grouping of ['category', 'licence', 'repository', 'sample'] as const) {
    for (const filter of [{}, { isSensitive: true }] satisfies FragmentFilter[]) {
      const whole = listGroups(db, grouping, filter, nothing, { offset: 0, limit: 1000 });
      const pages = whole.items.map((_, offset) =>
        listGroups(db, grouping, filter, nothing, { offset, limit: 1 }),
      );
      assert.deepEqual(
        pages.flatMap(({ items }) => items),
        whole.items,
      );
      assert(pages.every(({ total }) => total === whole.items.length));
      const sizes = whole.items.map(({ nFragments }) => nFragments);
      assert.deepEqual(
        sizes,
        sizes.toSorted((a, b) => b - a),
      );
    }
  }
});

test('a page tells of each fragment what is known of it by itself', () => {
  using db = openForWriting(file);
  const [first, second] = all;
  const label = db.prepare("INSERT INTO labels VALUES (?, ?, ?, '', '')");
  for (const [annotator, name] of [
    ['c', 'tests'],
    ['a', 'logic'],
    ['b', 'tests'],
  ] as const)
    label.run(second!.fingerprint, annotator, name);
  db.prepare('UPDATE sample_metrics SET is_loop = 1').run();
  for (const { fingerprint, ...listed } of view({}, 'flat', new Set([first!.fingerprint])).items) {
    const { fragmentId, text, ...known } = findFragment(db, fingerprint)!;
    const [place] = listTrainOccurrences(db, fragmentId, { offset: 0, limit: 1 });
    const facts = db.prepare('SELECT * FROM fragment_facts WHERE fragment_id = ?').get(fragmentId)!;
    assert.deepEqual(
      { fingerprint, ...listed },
      {
        ...known,
        category: facts.category,
        spdxId: facts.spdx_id,
        sensitive: String(facts.sensitive)
          .split(',')
          .filter((kind) => kind !== ''),
        source: place?.provenance,
        label: fingerprint === second!.fingerprint ? 'logic / tests' : '',
        isOnlyInLoops: true,
        isAccepted: fingerprint === first!.fingerprint,
        nFamily: 1,
        core: null,
      },
    );
  }
  db.exec('DELETE FROM labels; UPDATE sample_metrics SET is_loop = 0');
});

test('what is not known of a fragment is left open, and the others stay in their order', () => {
  using db = openForWriting(file);
  const { fragmentId } = findFragment(db, all[1]!.fingerprint)!;
  db.exec('BEGIN');
  db.exec(`DELETE FROM fragment_facts WHERE fragment_id = ${fragmentId}`);
  db.exec(`DELETE FROM train_occurrences WHERE fragment_id = ${fragmentId}`);
  const query = { grouping: 'flat', group: null, order: 'train', filter: {}, accepted: nothing } as const;
  const { items } = viewFragments(db, { ...query, offset: 0, limit: 1000 });
  db.exec('ROLLBACK');
  const unknown = { category: null, spdxId: '', sensitive: [], source: null };
  assert.deepEqual(
    items,
    all.map((row, i) => (i === 1 ? { ...row, ...unknown } : row)),
  );
});

test('a study of an earlier version is described on demand, to the same', async () => {
  const before = view({}).items;
  {
    using db = openForWriting(file);
    forgetFacts(db);
    assert(!isDone(db, 'describe'));
  }
  assert(await describeStudy(file));
  assert.deepEqual(view({}).items, before);
});
