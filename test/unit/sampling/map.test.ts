// What a map keeps of a token: against plain arithmetic on logits, against transformers for every architecture, and
// the same whatever stands beside a row.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { countWindows, windowStarts } from '../../../server/analysis/map-windows.ts';
import { cutExactly, cutRunning } from '../../../server/sampling/forms/map/cut-rows.ts';
import { type DrawingRule, isGreedy } from '../../../server/sampling/forms/map/drawing-rule.ts';
import { mapBatch, openMapper } from '../../../server/sampling/forms/map/map-batch.ts';
import { measureTargets } from '../../../server/sampling/forms/map/measure-targets.ts';
import { ShapePacker } from '../../../server/sampling/forms/map/pack-rows.ts';
import type { MapRow } from '../../../server/sampling/forms/map/rows.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const MODELS = join(import.meta.dirname, '../../fixtures/models');
const PLAIN: DrawingRule = { temperature: 1, topK: 0 };
const FORTY: DrawingRule = { temperature: 0.7, topK: 40 };

const openOn = async (folder: string, rule: DrawingRule) => {
  const checkpoint = await openCheckpoint(folder);
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, rule, session);
  return (rows: readonly MapRow[]) => mapBatch(measure, rule, rows);
};

const rowOf = (tokens: readonly number[], nKnown = 1, document = 0): MapRow => ({
  document,
  start: nKnown,
  tokens: Int32Array.from(tokens),
  nKnown,
});

describe('each token by the definition, from its logits', () => {
  const logits = [
    [1.5, -2, 0.25, 1.5, 3],
    [0, 0, 0, 0, 0],
    [-1e4, 7, 7, 7, -3],
  ];
  const rules: readonly DrawingRule[] = [
    { temperature: 1, topK: 0 },
    { temperature: 0.5, topK: 0 },
    { temperature: 1, topK: 2 },
    { temperature: 2, topK: 3 },
    { temperature: 1, topK: 1 },
    { temperature: 0, topK: 4 },
    { temperature: 3, topK: 99 },
  ];
  for (const rule of rules) {
    test(`temperature ${rule.temperature}, top-k ${rule.topK}`, async () => {
      const graph = new Graph('measures');
      graph.input('logits', 'float32', ['tokens', 5]);
      graph.input('targets', 'int32', ['tokens', 1]);
      measureTargets(graph, rule, 5, 'logits', 'targets');
      const session = await InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3 });
      for (let target = 0; target < 5; target++) {
        const { plain, drawn, best } = await session.run({
          logits: new Tensor('float32', logits.flat(), [logits.length, 5]),
          targets: new Tensor(
            'int32',
            logits.map(() => target),
            [logits.length, 1],
          ),
        });
        for (const [i, row] of logits.entries()) {
          const wanted = byDefinition(row, target, rule);
          close(plain!.data[i] as number, wanted.plain);
          assert.equal(best!.data[i], wanted.isBest ? 1 : 0);
          if (drawn) close(drawn.data[i] as number, wanted.drawn);
        }
      }
    });
  }
});

function byDefinition(logits: readonly number[], target: number, rule: DrawingRule) {
  const order = logits.map((_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const logSum = (some: readonly number[], t: number) => {
    const highest = Math.max(...some.map((i) => logits[i]! / t));
    return highest + Math.log(some.reduce((sum, i) => sum + Math.exp(logits[i]! / t - highest), 0));
  };
  const isBest = order[0] === target;
  const plain = logits[target]! - logSum(order, 1);
  const kept = order.slice(0, rule.topK === 0 ? order.length : rule.topK);
  const { temperature: t } = rule;
  if (isGreedy(rule)) return { plain, isBest, drawn: isBest ? 0 : -Infinity };
  const drawn = kept.includes(target) ? logits[target]! / t - logSum(kept, t) : -Infinity;
  return { plain, isBest, drawn };
}

function close(actual: number, wanted: number, tolerance = 2e-6): void {
  if (actual === wanted) return;
  const off = Math.abs(actual - wanted);
  assert(off <= tolerance * Math.max(1, Math.abs(wanted)), `${actual}, not ${wanted}`);
}

describe('every architecture, as transformers computes it', () => {
  /** One case an architecture; `reference.test.ts` has the rest of them. */
  const cases = new Map<string, string>();
  for (const name of readdirSync(MODELS)) {
    if (name === 'older-tokenizer' || name.endsWith('.json')) continue;
    const { model_type } = JSON.parse(readFileSync(join(MODELS, name, 'config.json'), 'utf8'));
    if (!cases.has(model_type)) cases.set(model_type, name);
  }
  assert(cases.size >= 18, [...cases.keys()].join());
  for (const [type, name] of cases) {
    test(type, async () => {
      const map = await openOn(join(MODELS, name), PLAIN);
      const reference = JSON.parse(readFileSync(join(MODELS, name, 'reference.json'), 'utf8'));
      for (const [i, text] of reference.texts.entries()) {
        const [whole] = await map([rowOf(text)]);
        const wanted: readonly number[] = reference.logprobs[i];
        for (const [at, logprob] of whole!.plain.entries()) close(logprob, wanted[at]!, 2e-4);
        assert.deepEqual(whole!.drawn, whole!.plain);
        const [end] = await map([rowOf(text, text.length - 2)]);
        assert.equal(end!.plain.length, 2);
        for (const [at, logprob] of end!.plain.entries()) close(logprob, wanted.at(at - 2)!, 2e-4);
      }
    });
  }
});

test('the same bits whatever stands beside a row', async () => {
  const map = await openOn(writeRandomCheckpoint(scratchFolder()), FORTY);
  const rows = Array.from({ length: 13 }, (_, document) =>
    rowOf(
      Array.from({ length: 40 }, (_, i) => (document * 31 + i * 17) % 290),
      20,
      document,
    ),
  );
  const together = await map(rows);
  for (const size of [1, 2, 5]) {
    for (let at = 0; at < rows.length; at += size) {
      assert.deepEqual(await map(rows.slice(at, at + size)), together.slice(at, at + size));
    }
  }
  assert(together.some(({ drawn }) => drawn.includes(-Infinity)));
});

test('top-k 1 draws the likeliest or nothing', async () => {
  const map = await openOn(writeRandomCheckpoint(scratchFolder()), { temperature: 1, topK: 1 });
  const [{ drawn, best } = assert.fail()] = await map([
    rowOf(Array.from({ length: 60 }, (_, i) => (i * 37) % 290)),
  ]);
  for (const [at, logp] of drawn.entries()) assert.equal(logp, best[at] === 1 ? 0 : -Infinity);
});

describe('cutting', () => {
  const tokens = Int32Array.from({ length: 37 }, (_, i) => 100 + i);

  test('a row a window, none beyond the end', () => {
    const shape = { prefix: 4, suffix: 3, stride: 10, anchor: 'start' } as const;
    const rows = [...cutExactly(5, tokens, shape, null)];
    assert.equal(countWindows(37, shape), 4);
    assert.deepEqual(
      rows.map(({ start }) => start),
      [4, 14, 24, 34],
    );
    assert.deepEqual([...rows[3]!.tokens], [130, 131, 132, 133, 134, 135, 136]);
    const [begun] = cutExactly(5, tokens, shape, 7);
    assert.deepEqual(
      [[...begun!.tokens], begun!.nKnown, begun!.start],
      [[7, 100, 101, 102, 103, 104, 105, 106], 5, 4],
    );
    assert.equal(countWindows(6, shape), 0);
    assert.equal(countWindows(7, shape), 1);
  });

  test('counted from the end, the last window ends with the document', () => {
    const shape = { prefix: 4, suffix: 3, stride: 10, anchor: 'end' } as const;
    assert.deepEqual(windowStarts(37, shape), [0, 10, 20, 30]);
    assert.deepEqual(windowStarts(36, shape), [9, 19, 29]);
    assert.deepEqual(windowStarts(36, { ...shape, stride: 1_000_000 }), [29]);
    assert.deepEqual(windowStarts(6, shape), []);
    const rows = [...cutExactly(5, tokens.subarray(0, 36), shape, null)];
    assert.deepEqual(
      rows.map(({ start }) => start),
      [13, 23, 33],
    );
    assert.equal(rows.at(-1)!.tokens.at(-1), 135);
  });

  for (const bos of [null, 7]) {
    for (const nPositions of [2, 7, 8, 36, 37, 50]) {
      test(`pieces of ${nPositions}${bos === null ? '' : ' behind a beginning token'}: each token once, half a context behind it`, () => {
        const seen = new Map<number, number>();
        for (const row of cutRunning(0, tokens, bos, nPositions)) {
          assert(row.tokens.length - 1 <= nPositions);
          for (let at = row.nKnown; at < row.tokens.length; at++) {
            const place = row.start + at - row.nKnown;
            assert.equal(row.tokens[at], tokens[place]);
            assert(!seen.has(place));
            seen.set(place, at);
          }
        }
        for (const place of tokens.keys()) {
          if (bos === null && place === 0) assert(!seen.has(0));
          else assert(seen.get(place)! >= Math.min(Math.floor(nPositions / 2), place), `${place}`);
        }
      });
    }
  }

  test('batches of one shape, and nothing is lost', () => {
    const packer = new ShapePacker(({ nTokens }) => (nTokens === 3 ? 2 : 5));
    const rows = Array.from({ length: 20 }, (_, i) =>
      rowOf([1, 2, 3, 4].slice(0, 3 + (i % 2)), 1 + (i % 3), i),
    );
    const batches = [
      ...rows.flatMap((row) => [packer.add(row)].filter((full) => full !== undefined)),
      ...packer.rest(),
    ];
    for (const batch of batches) {
      assert.equal(new Set(batch.map(({ tokens: { length }, nKnown }) => `${length}:${nKnown}`)).size, 1);
    }
    const all = batches.flat().map(({ document }) => document);
    assert.deepEqual(
      all.toSorted((a, b) => a - b),
      [...rows.keys()],
    );
  });
});
