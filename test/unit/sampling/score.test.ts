// Scores against transformers' log-probabilities, against those that sampling itself records, and the
// measures against their definitions.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { Execution } from '../../../protocol/study.ts';
import { Cancelled } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { scoreBatch } from '../../../server/sampling/forms/score/score-batch.ts';
import { batchByLength, cutWindows } from '../../../server/sampling/forms/score/windows.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { openTeacherForcing } from '../../../server/sampling/run/open-sampler.ts';
import { sampleModel } from '../../../server/sampling/sample-model.ts';
import { type Score, scoreTexts } from '../../../server/sampling/score.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const MODELS = join(import.meta.dirname, '../../fixtures/models');
const folder = scratchFolder();
const tiny = await openCheckpoint(writeRandomCheckpoint(join(folder, 'tiny')));
const AUTO: Execution = { provider: 'auto', batch: 'auto', workers: 'auto' };

async function score(checkpoint: Checkpoint, texts: readonly (string | Uint8Array)[]): Promise<Score[]> {
  const signal = new AbortController().signal;
  const bytes = texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text));
  return collect(scoreTexts({ checkpoint, texts: bytes, execution: AUTO, signal }));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-4): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `${i}: ${actual[i]}, not ${expected[i]}`);
  }
}

describe('token by token', () => {
  for (const name of ['plain', 'no-scale-inverse-layer-scale', 'untied', 'half', 'relu']) {
    test(`${name} as transformers does, texts of different lengths in one batch`, async () => {
      const checkpoint = await openCheckpoint(join(MODELS, name));
      const reference = JSON.parse(readFileSync(join(MODELS, name, 'reference.json'), 'utf8'));
      const { weightFolder } = checkpoint;
      const session = { provider: 'cpu', nThreads: 1, weightFolder } as const;
      const results = await scoreBatch(
        await openTeacherForcing(checkpoint, session),
        reference.texts.map((tokens: number[], text: number) => ({ text, start: 0, tokens, nKnown: 1 })),
      );
      for (const { text, logprobs } of results) assertClose(logprobs, reference.logprobs[text]);
    });
  }

  test('without a beginning token the second token is the first that is scored, as transformers does', async () => {
    const checkpoint = await openCheckpoint(join(MODELS, 'plain'));
    const texts = [
      '',
      'x',
      'def total(items):\n    return sum(items)\n',
      'one\ntwo\nthree\nfour\nfive\nsix\nseven\n',
    ];
    const signal = new AbortController().signal;
    const scores = await collect(
      scoreTexts({
        checkpoint,
        texts: texts.map((text) => Buffer.from(text)),
        execution: AUTO,
        signal,
        before: 'nothing',
      }),
    );
    const { weightFolder } = checkpoint;
    const graph = await openTeacherForcing(checkpoint, { provider: 'cpu', nThreads: 1, weightFolder });
    for (const { tokens, logprobs, meanNll, windowPerplexity } of scores) {
      if (tokens.length < 2) {
        assert.deepEqual([meanNll, windowPerplexity], [null, null]);
        continue;
      }
      const [plain] = await scoreBatch(graph, [{ text: 0, start: 0, tokens: [...tokens], nKnown: 1 }]);
      assert(Number.isNaN(logprobs[0]));
      assertClose(logprobs.subarray(1), plain!.logprobs);
      const sum = plain!.logprobs.reduce((total, x) => total + x, 0);
      assert(Math.abs(meanNll! + sum / (tokens.length - 1)) < 1e-3);
    }
  });

  test('as sampling recorded it', async () => {
    const request = {
      checkpoint: tiny,
      plan: {
        ...defaultSampling,
        ...{ nSamples: 40, maxTokens: 90, seed: 3 },
      },
      execution: AUTO,
      isDone: () => false,
      signal: new AbortController().signal,
      onEnvironment: () => {},
    };
    const samples = (await collect(sampleModel(request))).flat();
    const scores = await score(
      tiny,
      samples.map(({ text }) => text),
    );
    let nCompared = 0;
    for (const { index, tokens, logprobs } of scores) {
      const own = [...samples[index]!.tokens].filter((token) => token !== 299);
      // A text can often be cut into tokens in more than one way: only the same way can be compared.
      if (own.join() !== tokens.join()) continue;
      assertClose(logprobs, samples[index]!.logprobs.subarray(0, tokens.length));
      nCompared++;
    }
    assert.ok(nCompared >= 5, `${nCompared} compared`);
  });

  test('in order, whatever the lengths; empty and broken texts too', async () => {
    const texts = Array.from({ length: 150 }, (_, i) => 'ab(c) \n'.repeat((i * 37) % 23));
    const broken = Uint8Array.of(0xff, 0x61, 0xc3);
    const scores = await score(tiny, [...texts, broken]);
    assert.deepEqual(
      scores.map(({ index }) => index),
      [...texts.keys(), 150],
    );
    assert.equal(scores[0]!.perplexity, null);
    assert.equal(scores[150]!.tokens.length, 3);
    for (const { index, tokens, logprobs, meanNll } of scores) {
      assert.equal(tokens.length, logprobs.length);
      if (meanNll !== null) assert.ok(meanNll > 0 && Number.isFinite(meanNll), `text ${index}`);
    }
    const [alone] = await score(tiny, [texts[5]!]);
    assertClose(alone!.logprobs, scores[5]!.logprobs, 1e-5);
  });

  test('beyond the context, every token once', async () => {
    const long = 'x = y(1)\n'.repeat(60);
    const [whole] = await score(tiny, [long]);
    assert.equal(whole!.tokens.length, 540);
    assert.ok(whole!.logprobs.every((x) => x < 0));
    const [start] = await score(tiny, [long.slice(0, 96)]);
    assertClose(whole!.logprobs.subarray(0, 96), start!.logprobs, 1e-5);
  });

  test('until cancelled', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const texts = Array.from({ length: 50_000 }, () => Buffer.from('abc '.repeat(30)));
    await assert.rejects(
      collect(scoreTexts({ checkpoint: tiny, texts, execution: AUTO, signal: controller.signal })),
      Cancelled,
    );
  });
});

describe('windows', () => {
  test('cover every token once, in at most a context, with half of one before it', () => {
    for (const nPositions of [4, 5, 96]) {
      for (const length of [1, 3, 4, 5, 6, 50, 300]) {
        const tokens = Array.from({ length }, (_, i) => i);
        const covered: number[] = [];
        for (const window of cutWindows(0, tokens, { bosToken: -1, nPositions })) {
          assert.ok(window.tokens.length <= nPositions + 1);
          assert.ok(window.nKnown >= (window.start === 0 ? 1 : Math.floor(nPositions / 2)));
          const wanted = window.tokens.slice(window.nKnown);
          assert.equal(wanted[0], window.start);
          covered.push(...wanted);
        }
        assert.deepEqual(covered, tokens);
      }
    }
  });

  test('are batched within the limit, each once', () => {
    const windows = [3, 90, 2, 40, 40, 5].map((n, text) => ({
      text,
      start: 0,
      tokens: new Array(n),
      nKnown: 1,
    }));
    const batches = [...batchByLength(windows, 80)];
    assert.deepEqual(
      batches
        .flat()
        .map(({ text }) => text)
        .sort(),
      [0, 1, 2, 3, 4, 5],
    );
    for (const batch of batches) {
      assert.ok(batch.length === 1 || batch.length * (batch[0]!.tokens.length - 1) <= 80);
    }
  });
});

describe('measures', () => {
  test('zlib size and perplexity are of the text', async () => {
    const text = 'for (const a of b) c();\n'.repeat(9);
    const [one] = await score(tiny, [text]);
    assert.equal(one!.zlibBytes, deflateSync(text).length);
    assert.ok(Math.abs(Math.log(one!.perplexity!) - one!.meanNll!) < 1e-9);
  });
});
