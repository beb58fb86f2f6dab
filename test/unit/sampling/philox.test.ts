// The generator's published test vectors, and what sampling needs of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { philox, uniformAt } from '../../../server/sampling/pick/philox.ts';

const ONES = 0xffffffff;

test('Philox 4x32-10 gives the known answers of its authors', () => {
  // Random123's kat_vectors: all zeros, all ones, and digits of pi.
  assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  assert.deepEqual(
    philox([ONES, ONES, ONES, ONES], [ONES, ONES]),
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  );
  assert.deepEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

test('numbers lie in [0, 1), spread evenly, and differ in every part of their key', () => {
  const nBins = 16;
  const bins = new Array<number>(nBins).fill(0);
  const seen = new Set<number>();
  for (const seed of [0, 1, -1, 2 ** 40]) {
    for (const sampleId of [0, 1, 2 ** 31]) {
      for (let step = 0; step < 1000; step++) {
        const value = uniformAt(seed, sampleId, step);
        assert.ok(value >= 0 && value < 1);
        bins[Math.floor(value * nBins)]!++;
        seen.add(value);
      }
    }
  }
  assert.equal(seen.size, 12_000);
  const expected = 12_000 / nBins;
  const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // The 0.999 quantile for 15 degrees of freedom.
  assert.ok(chiSquare < 37.7, `chi-square is ${chiSquare}`);
});
