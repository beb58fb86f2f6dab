// What the generation loop is told of the past is what it made, wherever runs meet and whichever rows went on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import {
  BLOCK_POSITIONS,
  SEGMENT_POSITIONS,
} from '../../../server/sampling/forms/cached/cached-attention.ts';
import { KeyValueCache } from '../../../server/sampling/forms/cached/key-value-cache.ts';
import { makeSpec } from '../../support/sampling/make-spec.ts';

const N_LAYERS = 2;
const N_POSITIONS = 2 * BLOCK_POSITIONS + SEGMENT_POSITIONS + 5;

interface Batch {
  readonly nKeyHeads: number;
  readonly headWidth: number;
  readonly nRows: number;
  /** Steps of each run, cut where a segment ends. */
  readonly runs: readonly number[];
  /** After each segment, which rows go on: row i when bit i is set, and the first always. */
  readonly kept: readonly number[];
}

const batches = fc.record<Batch>({
  nKeyHeads: fc.constantFrom(1, 3),
  headWidth: fc.constantFrom(4, 16, 80),
  nRows: fc.integer({ min: 1, max: 5 }),
  runs: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
  kept: fc.array(fc.constantFrom(0, 5, 31, 31, 31), { minLength: 10, maxLength: 10 }),
});

/** One number of what the loop made, told by all that it belongs to. */
function madeAt(
  row: number,
  layer: number,
  isKey: boolean,
  position: number,
  head: number,
  i: number,
): number {
  return ((((row * N_LAYERS + layer) * 2 + Number(isKey)) * 256 + position) * 4 + head) * 128 + i;
}

/** Goes through a batch with a cache, and compares what the loop is told before each run. */
function check(cache: KeyValueCache, { nKeyHeads, headWidth, nRows, runs, kept }: Batch): void {
  let rows = Array.from({ length: nRows }, (_, row) => row);
  let nClosed = 0;
  let nRecent = 0;
  const numbers = (layer: number, part: string, start: number, n: number) =>
    Float32Array.from({ length: rows.length * nKeyHeads * n * headWidth }, (_, at) => {
      const i = at % headWidth;
      const position = Math.floor(at / headWidth) % n;
      const head = Math.floor(at / (headWidth * n)) % nKeyHeads;
      const row = rows[Math.floor(at / (headWidth * n * nKeyHeads))]!;
      return madeAt(row, layer, part === 'key', start + position, head, i);
    });
  const compare = () => {
    const inputs = cache.inputs();
    const nBlocks = Math.floor(nClosed / BLOCK_POSITIONS);
    const nOpen = nClosed % BLOCK_POSITIONS;
    for (let layer = 0; layer < N_LAYERS; layer++) {
      for (const part of ['key', 'value']) {
        const told = (role: string) => inputs[`${role}.${layer}.${part}`]!;
        const shape = [rows.length, nKeyHeads];
        assert.deepEqual(told('open').dims, [...shape, nOpen, headWidth]);
        assert.deepEqual(told('open').data, numbers(layer, part, nBlocks * BLOCK_POSITIONS, nOpen));
        assert.deepEqual(told('recent').dims, [...shape, nRecent, headWidth]);
        assert.deepEqual(told('recent').data, numbers(layer, part, nClosed, nRecent));
        const inside = part === 'key' ? [headWidth, BLOCK_POSITIONS] : [BLOCK_POSITIONS, headWidth];
        assert.deepEqual(told('blocks').dims, [nBlocks, ...shape, ...inside]);
        const blocks = Array.from({ length: nBlocks }, (_, block) => {
          const whole = numbers(layer, part, block * BLOCK_POSITIONS, BLOCK_POSITIONS);
          return part === 'key' ? turned(whole, headWidth) : whole;
        });
        assert.deepEqual(
          [...(told('blocks').data as Float32Array)],
          blocks.flatMap((block) => [...block]),
        );
      }
    }
  };
  compare();
  for (const wanted of runs) {
    const nMade = Math.min(wanted, cache.nToBoundary, N_POSITIONS - nClosed - nRecent);
    if (nMade === 0) return;
    const made: Record<string, Tensor> = {};
    for (let layer = 0; layer < N_LAYERS; layer++) {
      for (const part of ['key', 'value']) {
        const data = numbers(layer, part, nClosed, nRecent + nMade);
        const shape = [rows.length, nKeyHeads, nRecent + nMade, headWidth];
        made[`made.${layer}.${part}`] = new Tensor('float32', data, shape);
      }
    }
    cache.advance(nMade, made);
    nRecent += nMade;
    assert.equal(cache.nToBoundary, SEGMENT_POSITIONS - nRecent);
    if (nRecent === SEGMENT_POSITIONS) {
      const mask = kept[nClosed / SEGMENT_POSITIONS]! | 1;
      cache.closeSegment();
      nClosed += SEGMENT_POSITIONS;
      nRecent = 0;
      const going = [...rows.keys()].filter((i) => (mask >> i) & 1);
      if (going.length < rows.length) cache.keepRows(going);
      rows = going.map((i) => rows[i]!);
    }
    compare();
  }
}

/** Each head's [positions, head width] turned, of one block of all rows. */
function turned(block: Float32Array, headWidth: number): Float32Array {
  const size = BLOCK_POSITIONS * headWidth;
  return block.map((_, at) => {
    const inside = at % size;
    const position = inside % BLOCK_POSITIONS;
    return block[at - inside + position * headWidth + Math.floor(inside / BLOCK_POSITIONS)]!;
  });
}

function open({ nKeyHeads, headWidth, nRows }: Batch, nPositions = N_POSITIONS): KeyValueCache {
  const attention = { nHeads: nKeyHeads, nKeyHeads, headWidth };
  return new KeyValueCache(makeSpec({ nLayers: N_LAYERS, attention }), nRows, nPositions);
}

test('the past is what was made, in blocks, open and recent', () => {
  fc.assert(
    fc.property(batches, (batch) => check(open(batch), batch)),
    { numRuns: 60 },
  );
});

test('a batch in the memory of another finds nothing of it', () => {
  const pairs = fc.tuple(batches, batches).map(([first, second]) => ({
    first,
    second: { ...second, nKeyHeads: first.nKeyHeads, headWidth: first.headWidth },
  }));
  fc.assert(
    fc.property(pairs, ({ first, second }) => {
      const cache = open({ ...first, nRows: 5 });
      cache.clear(first.nRows);
      check(cache, first);
      cache.clear(second.nRows);
      check(cache, second);
    }),
    { numRuns: 30 },
  );
});

test('memory is used again by batches that fill half of it or more', () => {
  const cache = open({ nKeyHeads: 2, headWidth: 8, nRows: 8, runs: [], kept: [] }, 64);
  const suits: readonly [nRows: number, nPositions: number, boolean][] = [
    [8, 64, true],
    [8, 79, true],
    [8, 80, false],
    [9, 64, false],
    [4, 128, true],
    [4, 64, true],
    [3, 64, false],
  ];
  for (const [nRows, nPositions, expected] of suits) {
    assert.equal(cache.suits(nRows, nPositions), expected, `${nRows} × ${nPositions}`);
  }
});
