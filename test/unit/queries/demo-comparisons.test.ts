// The demo's study, as a newcomer sees it first: whatever is opened, it opens on the longest agreement that the study
// holds. What that is, is searched for in the texts of all fragments.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import type { ListedFragment } from '../../../protocol/views.ts';
import { disclose } from '../../../server/answers/undisclosed.ts';
import {
  bestAgreement,
  type SignificantLines,
  significantLines,
} from '../../../server/engine/equal-lines.ts';
import { getComparison } from '../../../server/queries/comparisons.ts';
import { getFragment } from '../../../server/queries/study-queries.ts';
import { viewFragments } from '../../../server/queries/view-queries.ts';
import { type ComparedPair, choosePair, type Fragment } from '../../../server/store/compared-places.ts';
import { readSampleText } from '../../../server/store/samples-table.ts';
import { readShards } from '../../../server/store/shards-table.ts';
import { type Database, openForReading } from '../../../server/store/study-file.ts';
import {
  findDocument,
  findFragment,
  listSampleOccurrences,
  listTrainOccurrences,
} from '../../../server/store/views.ts';
import { copyDemoStudy } from '../../support/demo-study.ts';
import { flatView } from '../../support/flat-view.ts';
import { scratchFolder } from '../../support/scratch.ts';

const { signal } = new AbortController();
const file = join(scratchFolder(), 'demo.sqlite');
const page = { study: file, offset: 0, limit: 1000 } as const;

interface Known extends ListedFragment {
  readonly text: string;
}

let all: readonly Known[] = [];
let db: Database;

before(async () => {
  await copyDemoStudy(file);
  db = openForReading(file);
  const { items } = await disclose(viewFragments({ ...flatView, ...page, order: 'train' }), 'shown');
  all = await Promise.all(
    items.map(async (item) => {
      const { text } = await disclose(getFragment(file, item.fingerprint), 'shown');
      return { ...item, text: `\n${text}\n` };
    }),
  );
});

after(() => db.close());

const open = async (fingerprint: string, place = {}) =>
  disclose(await getComparison({ study: file, fingerprint, ...place }, signal), 'shown');

/** All training files as they are, each shard read once: opened one by one they would take minutes. */
function readDocuments(): (documentId: number) => Uint8Array {
  const shards = readShards(db).map(({ path }) => {
    const rows = gunzipSync(readFileSync(rawText(path)))
      .toString()
      .trimEnd()
      .split('\n');
    return rows.map((row) => Buffer.from(JSON.parse(row).content));
  });
  return (documentId) => {
    const { shardId, row } = findDocument(db, documentId)!;
    return shards[shardId]![row]!;
  };
}

/** Lines of texts, each split once. */
function linesBy(read: (id: number) => Uint8Array): (id: number) => SignificantLines {
  const known = new Map<number, SignificantLines>();
  return (id) => {
    const lines = known.get(id) ?? significantLines(read(id), 'exact-1');
    known.set(id, lines);
    return lines;
  };
}

interface Place {
  readonly firstLine: number;
  readonly lastLine: number;
}

test('every fragment, and every place of it, opens on the longest agreement that holds it', async () => {
  const inSample = linesBy((id) => readSampleText(db, id)!);
  const inDocument = linesBy(readDocuments());
  const equalLines = ({ text }: Fragment, { sample, train, at }: ComparedPair) => {
    const { keys } = significantLines(text, 'exact-1');
    const [left, right] = [inSample(sample.sampleId), inDocument(train.documentId)];
    return bestAgreement(keys, left, right, { left: at.sample, right: at.train })?.nLines ?? 0;
  };
  const placed = all.map((known) => {
    const fragment = findFragment(db, known.fingerprint)!;
    const places = { offset: 0, limit: 1000 };
    const samples = listSampleOccurrences(db, fragment.fragmentId, places);
    return { known, fragment, samples, trains: listTrainOccurrences(db, fragment.fragmentId, places) };
  });
  const holds = (outer: Place, inner: Place) =>
    outer.firstLine <= inner.firstLine && outer.lastLine >= inner.lastLine;

  let nPlaces = 0;
  let nShorterAtFirst = 0;
  for (const { known, fragment, samples, trains } of placed) {
    const holders = placed.filter((other) => other.known.text.includes(known.text));
    const longestOf = (isHere: (holder: (typeof placed)[number]) => boolean) =>
      Math.max(...holders.filter(isHere).map((holder) => holder.known.nLines));
    const check = (wanted: Parameters<typeof choosePair>[3], longest: number) => {
      nPlaces++;
      const nEqual = equalLines(fragment, choosePair(db, fragment, fragment, wanted));
      assert.ok(nEqual >= longest, `${known.fingerprint}: ${nEqual} of ${longest} lines`);
      return nEqual;
    };
    const longest = check(
      {},
      longestOf(() => true),
    );
    for (const sample of samples) {
      const isHere = (other: (typeof samples)[number]) =>
        other.sampleId === sample.sampleId && holds(other, sample);
      check(
        { sample },
        longestOf((holder) => holder.samples.some(isHere)),
      );
    }
    for (const train of trains) {
      const isHere = (other: (typeof trains)[number]) =>
        other.documentId === train.documentId && holds(other, train);
      check(
        { train },
        longestOf((holder) => holder.trains.some(isHere)),
      );
    }
    const first = { sample: samples[0]!, train: trains[0]!, at: { sample: undefined, train: undefined } };
    if (equalLines(fragment, first) < longest) nShorterAtFirst++;
  }
  assert.ok(nPlaces > 4 * all.length, `${nPlaces} places`);
  // What every study lists first would not do: the longest agreement is often elsewhere.
  assert.ok(nShorterAtFirst > 80, `${nShorterAtFirst} of ${all.length} fragments`);

  // What is asked for over the protocol is that pair.
  for (const { known, fragment } of placed.filter((_, i) => i % 100 === 0)) {
    const pair = choosePair(db, fragment, fragment, {});
    const shown = await open(known.fingerprint);
    assert.equal(shown.nEqualLines, equalLines(fragment, pair));
    assert.equal(shown.document.documentId, pair.train.documentId);
    assert.equal(shown.sample.sampleId, pair.sample.sampleId);
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
