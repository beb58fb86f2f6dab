// Heads laid side by side must attend as they would alone, however many fit and whatever is left over. Attention
// itself is written out here, in double precision: the kernel that needs this layout runs on graphics cards alone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import type { AttentionShape } from '../../../server/sampling/decoder/decoder-spec.ts';
import {
  JOINED_WIDTH,
  joinHeads,
  joinInputs,
  N_QUERIES,
  takeOwnValues,
} from '../../../server/sampling/forms/paged/joined-heads.ts';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';

type Shape = Pick<AttentionShape, 'nHeads' | 'nKeyHeads' | 'headWidth'>;

const SESSION = { provider: 'cpu', nThreads: 1, weightFolder: '' } as const;
const shapes = fc.record({
  nHeads: fc.integer({ min: 2, max: 26 }),
  headWidth: fc.constantFrom(8, 32, 40, 64, 80, 96, 128),
  nPositions: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer({ min: 1, max: 1000 }),
});

describe('joined heads', () => {
  test('attend as heads of their own do', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ nHeads, headWidth, nPositions, seed }) => {
        const config = { nHeads, nKeyHeads: nHeads, headWidth };
        const heads = joinHeads(config);
        fc.pre(heads !== null);
        const { nJoined } = heads;
        const qkv = noise(nPositions * 3 * nHeads * headWidth, seed);
        const { query, key, value } = await join(config, qkv, nPositions);
        const attended = attend(query, key, value, nJoined, N_QUERIES, JOINED_WIDTH, nPositions);
        const actual = await own(config, attended);

        const [q, k, v] = [0, 1, 2].map((part) => column(qkv, part, nHeads * headWidth, nPositions));
        const expected = attend(q!, k!, v!, nHeads, 1, headWidth, nPositions);
        assert.equal(actual.length, expected.length);
        for (const [i, wanted] of expected.entries()) assert.ok(Math.abs(actual[i]! - wanted) < 1e-5, `${i}`);
      }),
      { numRuns: 60 },
    );
  });

  test('wide heads stay alone, and those that share keys, and those that would leave most of the cache empty', () => {
    assert.equal(joinHeads({ nHeads: 12, nKeyHeads: 4, headWidth: 64 }), null);
    assert.equal(joinHeads({ nHeads: 12, nKeyHeads: 12, headWidth: 136 }), null);
    assert.equal(joinHeads({ nHeads: 4, nKeyHeads: 4, headWidth: 32 }), null);
    assert.deepEqual(joinHeads({ nHeads: 12, nKeyHeads: 12, headWidth: 32 }), { nInside: 6, nJoined: 2 });
    assert.deepEqual(joinHeads({ nHeads: 12, nKeyHeads: 12, headWidth: 64 }), { nInside: 4, nJoined: 3 });
    assert.deepEqual(joinHeads({ nHeads: 25, nKeyHeads: 25, headWidth: 64 }), { nInside: 4, nJoined: 7 });
  });
});

async function join(config: Shape, qkv: Float32Array, nRows: number) {
  const graph = new Graph('join');
  graph.input('qkv', 'float32', ['batch', 3 * config.nHeads * config.headWidth]);
  const inputs = joinInputs(graph, config, joinHeads(config)!, { kind: 'joint', qkv: 'qkv' }, 'float32');
  for (const name of ['query', 'key', 'value'] as const) {
    graph.op('Identity', [inputs[name]], {}, name);
    graph.output(name, 'float32', ['batch', null]);
  }
  const session = await openSession(encodeModel(graph), SESSION);
  const outputs = await session.run({ qkv: new Tensor('float32', qkv, [nRows, qkv.length / nRows]) });
  const read = (name: string) => outputs[name]!.data as Float32Array;
  return { query: read('query'), key: read('key'), value: read('value') };
}

async function own(config: Shape, attended: Float32Array): Promise<Float32Array> {
  const graph = new Graph('own');
  graph.input('attended', 'float32', ['batch', attended.length]);
  graph.op('Identity', [takeOwnValues(graph, config, joinHeads(config)!, 'attended')], {}, 'own');
  graph.output('own', 'float32', ['batch', config.nHeads * config.headWidth]);
  const session = await openSession(encodeModel(graph), SESSION);
  const outputs = await session.run({ attended: new Tensor('float32', attended, [1, attended.length]) });
  return outputs.own!.data as Float32Array;
}

/** The last position's attention to all positions; `nQueries` query heads share a head of keys and values. */
function attend(
  query: Float32Array,
  key: Float32Array,
  value: Float32Array,
  nHeads: number,
  nQueries: number,
  width: number,
  nPositions: number,
): Float32Array {
  const out = new Float32Array(nHeads * nQueries * width);
  for (let head = 0; head < nHeads * nQueries; head++) {
    const q = (nPositions - 1) * nHeads * nQueries * width + head * width;
    const kv = Math.floor(head / nQueries) * width;
    const weights = Array.from({ length: nPositions }, (_, position) => {
      let score = 0;
      for (let i = 0; i < width; i++) score += query[q + i]! * key[position * nHeads * width + kv + i]!;
      return Math.exp(score / 8);
    });
    const sum = weights.reduce((a, b) => a + b);
    for (let i = 0; i < width; i++) {
      let mixed = 0;
      for (const [position, weight] of weights.entries()) {
        mixed += (weight / sum) * value[position * nHeads * width + kv + i]!;
      }
      out[head * width + i] = mixed;
    }
  }
  return out;
}

function column(qkv: Float32Array, part: number, width: number, nRows: number): Float32Array {
  const out = new Float32Array(nRows * width);
  for (let row = 0; row < nRows; row++) {
    out.set(qkv.subarray((3 * row + part) * width, (3 * row + part + 1) * width), row * width);
  }
  return out;
}

function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  });
}
