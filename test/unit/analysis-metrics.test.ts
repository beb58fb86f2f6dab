// What a sample tells about itself: counts by hand, and the windows against the scorer's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { predictorRules } from '../../server/analysis/predictors.ts';
import { measureSample } from '../../server/analysis/sample-metrics.ts';
import { significantLineStarts } from '../../server/analysis/significant-lines.ts';
import { predictMemorisation } from '../../server/sampling/predictors.ts';
import { windowPerplexity } from '../../server/sampling/window-perplexity.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const rule = { minLines: 2, profile: 'exact-1' } as const;

test('lines, tokens and their memorised parts are counted', () => {
  // Tokens: "ab" "\n" "\ncd" "\nef\n" and an end token.
  const text = bytes('ab\n\ncd\nef\n');
  const covered = [{ sampleId: 0, nLines: 2, firstLine: 3, lastLine: 4, byteOffset: 4, nBytes: 5 }];
  const tokens = { nBytes: [2, 1, 3, 4, 0], logprobs: [-1, -2, -3, -4, -100] };
  const metrics = measureSample({ sampleId: 0, text, tokens }, covered, rule);
  const { nLines, nMemorisedLines, nTokens, nMemorisedTokens, meanNll } = metrics;
  // "\ncd" begins before the memorised part, "\nef\n" in it.
  assert.deepEqual(
    { nLines, nMemorisedLines, nTokens, nMemorisedTokens, meanNll },
    { nLines: 3, nMemorisedLines: 2, nTokens: 4, nMemorisedTokens: 1, meanNll: 2.5 },
  );
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

test('windowed perplexity is the scorer’s', () => {
  const token = fc.tuple(fc.stringMatching(/^[ab\n]{1,4}$/), fc.double({ min: -9, max: -0.01, noNaN: true }));
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), (tokens) => {
      const table = tokens.map(([text]) => bytes(text));
      const logprobs = tokens.map(([, logprob]) => logprob);
      const text = Buffer.concat(table);
      const nBytes = table.map(({ length }) => length);
      const ours = measureSample(
        { sampleId: 0, text, tokens: { nBytes, logprobs } },
        [],
        rule,
      ).windowedPerplexity;
      const theirs = windowPerplexity(
        tokens.map((_, i) => i),
        logprobs,
        table,
      );
      if (ours === null || theirs === null) assert.equal(ours, theirs);
      else assert(Math.abs(ours - theirs) <= 1e-9 * theirs, `${ours}, not ${theirs}`);
    }),
  );
});

test('the predictors are those of the scorer', () => {
  const inputs = {
    meanNll: 1.5,
    windowedPerplexity: 4,
    zlibBytes: 300,
    secondMeanNll: 2,
    lowercaseMeanNll: 3,
  };
  const theirs = predictMemorisation({
    meanNll: 1.5,
    zlibBytes: 300,
    windowPerplexity: 4,
    smallModelMeanNll: 2,
    lowerCaseMeanNll: 3,
  });
  assert.deepEqual(
    Object.fromEntries(predictorRules.map(({ predictor, score }) => [predictor, score(inputs)])),
    {
      perplexity: theirs.perplexity,
      'ppl-ppl': theirs.smallModelRatio,
      'ppl-zlib': theirs.zlibRatio,
      'windowed-perplexity': theirs.windowPerplexity,
      'ppl-lowercase': theirs.lowerCaseRatio,
    },
  );
});

test('significant lines are those in which the profile leaves something', () => {
  const text = bytes('a\r\n\r\n \t\r.,;\nb\r');
  assert.deepEqual(significantLineStarts(text, 'exact-1'), [0, 8, 12]);
  assert.deepEqual(significantLineStarts(text, 'text-1'), [0, 12]);
});
