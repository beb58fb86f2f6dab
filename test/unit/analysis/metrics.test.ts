// What a sample tells about itself: counts by hand, and the windows against the plain definition.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { predictorRules } from '../../../server/analysis/predictors.ts';
import { measureSample } from '../../../server/analysis/sample-metrics.ts';
import { significantLineStarts } from '../../../server/analysis/significant-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const rule = { minLines: 2, profile: 'exact-1' } as const;

test('lines, tokens and their memorised parts are counted', () => {
  // Tokens: "ab" "\n" "\ncd" "\nef\n" and an end token.
  const text = bytes('ab\n\ncd\nef\n');
  const covered = [
    { sampleId: 0, nLines: 2, nWindows: 1, firstLine: 3, lastLine: 4, byteOffset: 4, nBytes: 5 },
  ];
  const tokens = { nBytes: [2, 1, 3, 4, 0], logprobs: [-1, -2, -3, -4, -100] };
  const metrics = measureSample({ sampleId: 0, text, tokens }, covered, rule);
  const { sampleId: _, windowedPerplexity: __, ...counts } = metrics;
  // "\ncd" begins before the memorised part, "\nef\n" in it.
  assert.deepEqual(counts, {
    ...{ nLines: 3, nMemorisedLines: 2, nWindows: 2, nMemorisedWindows: 1 },
    ...{ nTokens: 4, nMemorisedTokens: 1, meanNll: 2.5 },
  });
});

test('windows that nobody counted are not known, and a sample that is too short has none', () => {
  const covered = [
    { sampleId: 0, nLines: 2, nWindows: null, firstLine: 1, lastLine: 2, byteOffset: 0, nBytes: 3 },
  ];
  const { nWindows, nMemorisedWindows } = measureSample(
    { sampleId: 0, text: bytes('a\nb\nc\n'), tokens: null },
    covered,
    rule,
  );
  assert.deepEqual([nWindows, nMemorisedWindows], [2, null]);
  const short = measureSample({ sampleId: 0, text: bytes('a\n'), tokens: null }, [], rule);
  assert.deepEqual([short.nWindows, short.nMemorisedWindows], [0, 0]);
});

test('a sample without tokens has none of what they tell, not zero of it', () => {
  const metrics = measureSample({ sampleId: 0, text: bytes('a\n'), tokens: null }, [], rule);
  assert.deepEqual([metrics.nTokens, metrics.meanNll, metrics.windowedPerplexity], [null, null, null]);
  const empty = measureSample(
    { sampleId: 0, text: bytes(''), tokens: { nBytes: [0], logprobs: [-1] } },
    [],
    rule,
  );
  assert.deepEqual([empty.nTokens, empty.meanNll, empty.windowedPerplexity], [0, null, null]);
});

test('windowed perplexity is the mean over windows of six lines, by the plain definition', () => {
  const token = fc.tuple(fc.stringMatching(/^[ab\n]{1,4}$/), fc.double({ min: -9, max: -0.01, noNaN: true }));
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
      const nBytes = tokens.map(([part]) => part.length);
      const logprobs = tokens.map(([, logprob]) => logprob);
      const text = bytes(tokens.map(([part]) => part).join(''));
      const ours = measureSample(
        { sampleId: 0, text, tokens: { nBytes, logprobs } },
        [],
        rule,
      ).windowedPerplexity;
      const plain = plainWindows(tokens);
      if (ours === null || plain === null) assert.equal(ours, plain);
      else assert(Math.abs(ours - plain) <= 1e-9 * plain, `${ours}, not ${plain}`);
    }),
  );
});

/** Line by line: a token is of the line that it starts in. */
function plainWindows(tokens: readonly (readonly [string, number])[]): number | null {
  const lines: number[][] = [[]];
  let hasEnded = false;
  const startLine = () => {
    if (hasEnded) lines.push([]);
    hasEnded = false;
  };
  for (const [part, logprob] of tokens) {
    startLine();
    lines.at(-1)!.push(logprob);
    for (const character of part) {
      startLine();
      hasEnded = character === '\n';
    }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const windows = Array.from({ length: Math.max(1, lines.length - 5) }, (_, i) =>
    lines.slice(i, i + 6).flat(),
  )
    .filter((window) => window.length > 0)
    .map((window) => Math.exp(-mean(window)));
  return windows.length > 0 ? mean(windows) : null;
}

test('the predictors are the published ones, higher for what is more likely memorised', () => {
  const inputs = {
    meanNll: 1.5,
    windowedPerplexity: 4,
    zlibBytes: 300,
    secondMeanNll: 2,
    lowercaseMeanNll: 3,
  };
  const scores = (of: typeof inputs | { readonly [Name in keyof typeof inputs]: number | null }) =>
    Object.fromEntries(
      predictorRules.map(({ predictor, score }) => [predictor, score({ ...of, zlibBytes: 300 })]),
    );
  assert.deepEqual(scores(inputs), {
    perplexity: -1.5,
    'ppl-ppl': 2 / 1.5,
    'ppl-zlib': 200,
    'windowed-perplexity': -4,
    'ppl-lowercase': 2,
  });
  const unknown = { ...inputs, meanNll: null, windowedPerplexity: null };
  assert.deepEqual(new Set(Object.values(scores(unknown))), new Set([null]));
});

test('significant lines are those in which the profile leaves something', () => {
  const text = bytes('a\r\n\r\n \t\r.,;\nb\r');
  assert.deepEqual(significantLineStarts(text, 'exact-1'), [0, 8, 12]);
  assert.deepEqual(significantLineStarts(text, 'text-1'), [0, 12]);
});
