// Comparisons, against plain searches of the texts: the pair that is opened agrees on as many lines around the
// fragment as any pair of the study does, and what is marked is what is equal.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import type { EqualLines } from '../../../protocol/comparison.ts';
import { type Disclosure, disclose } from '../../../server/answers/undisclosed.ts';
import * as comparisons from '../../../server/queries/comparisons.ts';
import { getFragment, listSamplePage, listTrainPage } from '../../../server/queries/study-queries.ts';
import { viewFragments } from '../../../server/queries/view-queries.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';
import { flatView } from '../../support/flat-view.ts';
import { inCi } from '../../support/in-ci.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedAddress, leakedToken, makeSmallStudy } from '../../support/small-study.ts';

type Request<Get> = Get extends (request: infer Asked, signal: AbortSignal) => unknown ? Asked : never;

const getComparison = async (
  request: Request<typeof comparisons.getComparison>,
  disclosure: Disclosure,
  signal: AbortSignal,
) => disclose(await comparisons.getComparison(request, signal), disclosure);

const getComparisons = async (
  request: Request<typeof comparisons.getComparisons>,
  disclosure: Disclosure,
  signal: AbortSignal,
) => disclose(await comparisons.getComparisons(request, signal), disclosure);

const fragmentsOf = async (study: string, limit: number) => {
  const page = viewFragments({ ...flatView, study, order: 'train', offset: 0, limit });
  return (await disclose(page, 'shown')).items;
};

const textOf = async (study: string, fingerprint: string) =>
  (await disclose(getFragment(study, fingerprint), 'shown')).text;

const { signal } = new AbortController();
const MIN_LINES = 3;

interface RandomStudy {
  readonly file: string;
  readonly corpus: string;
  readonly samples: readonly string[];
  readonly documents: readonly string[];
}

/** Texts of few different lines, with blank ones between, so that much of them agrees by chance. */
async function makeRandomStudy(seed: number): Promise<RandomStudy> {
  const random = seededRandom(seed);
  const line = () => ['', ' ', ...'abcdefg'].at(random(9))! + (random(4) === 0 ? ' ' : '');
  const text = () => Array.from({ length: 10 + random(30) }, line).join('\n');
  const documents = Array.from({ length: 12 }, text);
  const samples = Array.from({ length: 8 }, () => {
    const document = documents[random(documents.length)]!.split('\n');
    const piece = document.slice(random(5), 8 + random(20)).join('\n');
    return `${text()}\n${piece}\n${text()}`;
  });
  const folder = scratchFolder();
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  const rows = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const content = documents.map((content, i) => ({
    content,
    repo_name: `r${i % 5}`,
    path: `p${i}.js`,
    license: '',
  }));
  writeFileSync(join(corpus, 'shard.jsonl'), rows(content));
  writeFileSync(join(folder, 'samples.jsonl'), rows(samples));
  const file = join(folder, 'random.sqlite');
  const rule = { minLines: MIN_LINES, profile: 'exact-1' } as const;
  const plan = { ...scanPlan(join(folder, 'samples.jsonl'), [corpus]), rule };
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  await runStudy({ file, plan, execution, upTo: 'analyse', signal, report: () => {} });
  return { file, corpus, samples, documents };
}

/** The lines that count, with their numbers. */
const plain = (text: string) =>
  text
    .split('\n')
    .map((line, i) => ({ key: line.trim(), number: i + 1 }))
    .filter(({ key }) => key !== '');

type Lines = ReturnType<typeof plain>;

const startsAt = (lines: Lines, fragment: readonly string[]) =>
  lines.flatMap((_, at) => (fragment.every((key, i) => lines[at + i]?.key === key) ? [at] : []));

/** The most lines in a row that agree around the fragment, over all its places in both texts. */
function longestAround(fragment: readonly string[], left: Lines, right: Lines): number {
  let most = 0;
  for (const i of startsAt(left, fragment)) {
    for (const j of startsAt(right, fragment)) {
      let first = 0;
      while (left[i + first - 1] && left[i + first - 1]?.key === right[j + first - 1]?.key) first--;
      let end = fragment.length;
      while (left[i + end] && left[i + end]?.key === right[j + end]?.key) end++;
      most = Math.max(most, end - first);
    }
  }
  return most;
}

/** Raw numbers of the lines that stand in a window which the other text has. */
function equalNumbers(one: Lines, other: Lines): ReadonlySet<number> {
  const windows = (lines: Lines) =>
    lines.slice(MIN_LINES - 1).map((_, at) =>
      lines
        .slice(at, at + MIN_LINES)
        .map(({ key }) => key)
        .join('\n'),
    );
  const known = new Set(windows(other));
  return new Set(
    windows(one).flatMap((window, at) =>
      known.has(window) ? one.slice(at, at + MIN_LINES).map(({ number }) => number) : [],
    ),
  );
}

const significantIn = (lines: Lines, { fragment, others }: EqualLines) =>
  lines
    .map(({ number }) => number)
    .filter((n) => [fragment, ...others].some(({ firstLine, lastLine }) => n >= firstLine && n <= lastLine));

/** About so many of the items, from the first to the last: every document is opened in a thread of its own. */
const spread = <T>(items: readonly T[], n: number): readonly T[] =>
  items.filter((_, i) => i % Math.max(1, Math.round(items.length / n)) === 0);

test('a fragment opens on the longest agreement of the study, and all that is equal is marked', async () => {
  let nLonger = 0;
  for (const seed of [1, 2]) {
    const { file, samples, documents } = await makeRandomStudy(seed);
    const rows = await fragmentsOf(file, 10_000);
    assert.ok(rows.length > 20, `${rows.length} fragments`);
    for (const { fingerprint, nLines } of spread(rows, inCi ? 16 : 6)) {
      const fragment = (await textOf(file, fingerprint)).split('\n');
      const best = Math.max(
        ...samples.flatMap((s) => documents.map((d) => longestAround(fragment, plain(s), plain(d)))),
      );
      const { nEqualLines, sample, document } = await getComparison(
        { study: file, fingerprint },
        'shown',
        signal,
      );
      assert.equal(nEqualLines, best, fingerprint);
      if (best > nLines) nLonger++;
      const left = plain(sample.text!);
      const right = plain(document.text!);
      assert.equal(longestAround(fragment, left, right), best);
      for (const [lines, { fragment: place }] of [
        [left, sample.lines],
        [right, document.lines],
      ] as const) {
        const keys = lines
          .filter(({ number }) => number >= place.firstLine && number <= place.lastLine)
          .map(({ key }) => key);
        assert.deepEqual(keys, fragment);
      }
      assert.deepEqual(
        significantIn(left, sample.lines),
        [...equalNumbers(left, right)].sort((a, b) => a - b),
      );
      assert.deepEqual(
        significantIn(right, document.lines),
        [...equalNumbers(right, left)].sort((a, b) => a - b),
      );
    }
  }
  assert.ok(nLonger > 0, 'no fragment lies inside a longer one: nothing was chosen');
});

test('an occurrence opens where it is, beside the text that agrees with it most', async () => {
  const { file, samples, documents } = await makeRandomStudy(4);
  const rows = await fragmentsOf(file, 60);
  for (const { fingerprint } of spread(rows, inCi ? 8 : 4)) {
    const request = { study: file, fingerprint, offset: 0, limit: 2 };
    const fragment = (await textOf(file, fingerprint)).split('\n');
    for (const { sampleId, firstLine } of listSamplePage(request).items) {
      const { sample, document } = await getComparison(
        { ...request, sample: { sampleId, firstLine } },
        'shown',
        signal,
      );
      assert.equal(sample.sampleId, sampleId);
      assert.equal(sample.lines.fragment.firstLine, firstLine);
      const here = plain(samples[sampleId]!).filter(({ number }) => number >= 0);
      const agreeing = documents.map((d) => longestFrom(fragment, here, firstLine, plain(d)));
      assert.equal(longestFrom(fragment, here, firstLine, plain(document.text!)), Math.max(...agreeing));
    }
    for (const { documentId, firstLine } of listTrainPage(request).items) {
      const { sample, document } = await getComparison(
        { ...request, train: { documentId, firstLine } },
        'shown',
        signal,
      );
      assert.equal(document.documentId, documentId);
      assert.equal(document.lines.fragment.firstLine, firstLine);
      const here = plain(document.text!);
      const agreeing = samples.map((s) => longestFrom(fragment, here, firstLine, plain(s)));
      assert.equal(longestFrom(fragment, here, firstLine, plain(sample.text!)), Math.max(...agreeing));
    }
  }
});

/** What `longestAround` gives at one place of the first text. */
function longestFrom(fragment: readonly string[], lines: Lines, firstLine: number, other: Lines): number {
  const at = lines.findIndex(({ number }) => number === firstLine);
  let most = 0;
  for (const j of startsAt(other, fragment)) {
    let first = 0;
    while (lines[at + first - 1] && lines[at + first - 1]?.key === other[j + first - 1]?.key) first--;
    let end = fragment.length;
    while (lines[at + end] && lines[at + end]?.key === other[j + end]?.key) end++;
    most = Math.max(most, end - first);
  }
  return most;
}

test('steps go through all places of a fragment in their order, and around either end', async () => {
  const { file } = await makeRandomStudy(5);
  const row = (await fragmentsOf(file, 1))[0]!;
  const { fingerprint } = row;
  const places = listTrainPage({ study: file, fingerprint, offset: 0, limit: 1000 }).items;
  assert.ok(places.length > 2);
  const name = (documentId: number, firstLine: number) => `${documentId}:${firstLine}`;
  for (const step of [1, -1] as const) {
    let at = await getComparison({ study: file, fingerprint }, 'shown', signal);
    const seen: string[] = [];
    for (let n = 0; n < places.length; n++) {
      at = await getComparison(
        {
          study: file,
          fingerprint,
          sample: { sampleId: at.sample.sampleId!, firstLine: at.sample.lines.fragment.firstLine },
          train: { documentId: at.document.documentId, firstLine: at.document.lines.fragment.firstLine },
          step,
        },
        'shown',
        signal,
      );
      seen.push(name(at.document.documentId, at.document.lines.fragment.firstLine));
    }
    const expected = places.map(({ documentId, firstLine }) => name(documentId, firstLine));
    const inOrder = step === 1 ? seen : seen.toReversed();
    const turn = inOrder.indexOf(expected[0]!);
    assert.deepEqual([...inOrder.slice(turn), ...inOrder.slice(0, turn)], expected);
  }
});

test('all places come in one answer, masked like every text, and an open text stands in for the sample', async () => {
  const folder = scratchFolder();
  const { file, corpus } = await makeSmallStudy(folder);
  const rows = await fragmentsOf(file, 100);
  const texts = await Promise.all(rows.map(({ fingerprint }) => textOf(file, fingerprint)));
  const leaking = rows.find((_, i) => texts[i]!.includes(leakedToken))!;
  const request = { study: file, fingerprint: leaking.fingerprint };
  const shown = await getComparisons({ ...request, limit: 50 }, 'shown', signal);
  assert.equal(shown.documents.length, leaking.train);
  assert.ok(shown.sample.text!.includes(leakedToken) && shown.documents[0]!.text!.includes(leakedAddress));
  for (const answer of [
    await getComparisons({ ...request, limit: 50 }, 'masked', signal),
    await getComparison(request, 'masked', signal),
  ]) {
    const text = rawText(JSON.stringify(answer));
    assert.ok(!text.includes(leakedToken) && !text.includes(leakedAddress), text);
  }

  const text = `// mine\n\n${shown.sample.text}`;
  const { firstLine, lastLine } = shown.sample.lines.fragment;
  const place = { text, firstLine: firstLine + 2, lastLine: lastLine + 2 };
  const open = await getComparison({ ...request, text: place }, 'shown', signal);
  assert.deepEqual(open.sample, {
    sampleId: null,
    text: null,
    lines: {
      fragment: { firstLine: firstLine + 2, lastLine: lastLine + 2 },
      others: open.sample.lines.others,
    },
  });

  const closed = { folders: [corpus], except: [] };
  const left = await getComparison({ ...request, closed }, 'shown', signal);
  assert.match(rawText(left.document.problem!), /not trusted/);
  const excepted = { folders: ['/'], except: [corpus] };
  assert.equal(
    (await getComparison({ ...request, closed: excepted }, 'shown', signal)).document.problem,
    null,
  );

  renameSync(corpus, `${corpus}-moved`);
  const { document } = await getComparison(request, 'shown', signal);
  assert.match(rawText(document.problem ?? ''), /is gone/);
  assert.equal(document.text, await textOf(file, leaking.fingerprint));
  assert.deepEqual(document.lines.fragment, { firstLine: 1, lastLine: leaking.nLines });
});
