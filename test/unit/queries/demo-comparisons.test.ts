// The demo's study, as a newcomer sees it first: whatever is opened, it opens on the longest agreement that the study
// holds. What that is, is searched for in the texts of all fragments.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import type { ListedFragment } from '../../../protocol/views.ts';
import { disclose } from '../../../server/answers/undisclosed.ts';
import { getComparison } from '../../../server/queries/comparisons.ts';
import { getFragment, listSamplePage, listTrainPage } from '../../../server/queries/study-queries.ts';
import { viewFragments } from '../../../server/queries/view-queries.ts';
import { copyDemoStudy } from '../../support/demo-study.ts';
import { flatView } from '../../support/flat-view.ts';
import { inCi } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const { signal } = new AbortController();
const file = join(scratchFolder(), 'demo.sqlite');
const page = { study: file, offset: 0, limit: 1000 } as const;

interface Known extends ListedFragment {
  readonly text: string;
}

let all: readonly Known[] = [];

before(async () => {
  await copyDemoStudy(file);
  const { items } = await disclose(viewFragments({ ...flatView, ...page, order: 'train' }), 'shown');
  all = await Promise.all(
    items.map(async (item) => {
      const { text } = await disclose(getFragment(file, item.fingerprint), 'shown');
      return { ...item, text: `\n${text}\n` };
    }),
  );
});

/** The longest of all fragments that hold this one, itself among them. */
const longestHolding = ({ text }: Known, among: readonly Known[] = all) =>
  Math.max(...among.filter((other) => other.text.includes(text)).map(({ nLines }) => nLines));

/** About so many of all fragments, the frequent and the rare: every document is opened in a thread of its own. */
const some = (n: number): readonly Known[] =>
  all.filter((_, i) => i % Math.max(1, Math.round(all.length / n)) === 0);

const open = async (fingerprint: string, place = {}) =>
  disclose(await getComparison({ study: file, fingerprint, ...place }, signal), 'shown');

test('every fragment opens on the longest agreement that holds it', async () => {
  assert.ok(all.length > 50, `${all.length} fragments`);
  let nInside = 0;
  for (const fragment of some(inCi ? 40 : 10)) {
    const longest = longestHolding(fragment);
    if (longest > fragment.nLines) nInside++;
    const { nEqualLines } = await open(fragment.fingerprint);
    assert.ok(nEqualLines >= longest, `${fragment.fingerprint}: ${nEqualLines} of ${longest} lines`);
  }
  assert.ok(nInside > 2, 'the demo has fragments inside longer ones');
});

test('every place of a fragment opens on the longest agreement around it', async () => {
  const holding = async (side: typeof listSamplePage | typeof listTrainPage) => {
    const places = new Map(
      all.map((fragment) => [fragment, side({ ...page, fingerprint: fragment.fingerprint }).items] as const),
    );
    return (fragment: Known, isHere: (place: { firstLine: number; lastLine: number }) => boolean) =>
      longestHolding(
        fragment,
        all.filter((other) => places.get(other)!.some(isHere)),
      );
  };
  const [inSamples, inDocuments] = await Promise.all([holding(listSamplePage), holding(listTrainPage)]);
  const around =
    (id: string, at: object, { firstLine, lastLine }: { firstLine: number; lastLine: number }) =>
    (place: { firstLine: number; lastLine: number }) =>
      place[id as never] === at[id as never] && place.firstLine <= firstLine && place.lastLine >= lastLine;
  for (const fragment of some(8)) {
    const { fingerprint } = fragment;
    const [sample] = listSamplePage({ ...page, fingerprint }).items;
    const inSample = inSamples(fragment, around('sampleId', sample!, sample!));
    const fromSample = await open(fingerprint, { sample });
    assert.ok(fromSample.nEqualLines >= inSample, `${fingerprint}, ${fromSample.nEqualLines} of ${inSample}`);
    for (const train of listTrainPage({ ...page, fingerprint }).items.slice(0, 2)) {
      const inDocument = inDocuments(fragment, around('documentId', train, train));
      const fromTrain = await open(fingerprint, { train });
      assert.ok(
        fromTrain.nEqualLines >= inDocument,
        `${fingerprint}, ${fromTrain.nEqualLines} of ${inDocument}`,
      );
    }
  }
});

test('every family is led by its longest fragment, logic first, and says how often its core repeats', async () => {
  const view = { ...flatView, ...page, grouping: 'family', order: 'logic' } as const;
  const rows = (await disclose(viewFragments(view), 'shown')).items;
  const families = Map.groupBy(all, ({ family }) => family);
  assert.equal(rows.length, families.size);
  for (const { family, nLines, train, core } of rows) {
    const members = families.get(family)!;
    assert.equal(nLines, Math.max(...members.map((member) => member.nLines)));
    const most = Math.max(...members.map((member) => member.train));
    assert.equal(core?.train ?? train, most);
  }
  const isLogic = rows.map(({ category }) => category === 'logic');
  assert.ok(!isLogic.slice(isLogic.indexOf(false)).includes(true), 'program logic comes first');
  const lengths = rows.filter((_, i) => isLogic[i]).map(({ nLines }) => nLines);
  assert.deepEqual(
    lengths,
    lengths.toSorted((a, b) => b - a),
  );
  assert.ok(rawText(rows[0]!.firstLine) !== '' && rows[0]!.spdxId === foreign(''));
});
