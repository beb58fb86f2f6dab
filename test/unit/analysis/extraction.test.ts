// (n, p) extraction against its definition.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenOdds } from '../../../protocol/even-odds.ts';
import { DRAWS, drawnWithin, LEAST_PROBABILITIES, leastLogp } from '../../../server/analysis/extraction.ts';

const close = (actual: number, wanted: number) =>
  assert(Math.abs(actual - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${actual}, not ${wanted}`);

test('a text of the least probability is drawn with just that probability', () => {
  for (const n of DRAWS) for (const p of LEAST_PROBABILITIES) close(drawnWithin(n, leastLogp(n, p)), p);
  close(leastLogp(1, 0.5), Math.log(0.5));
  close(leastLogp(2, 0.75), Math.log(0.5));
});

test('draws of what is certain, of what never comes, and of what float32 makes a little more than certain', () => {
  assert.deepEqual([drawnWithin(10, 0), drawnWithin(10, -Infinity), drawnWithin(1, 1e-7)], [1, 0, 1]);
  assert.deepEqual([evenOdds(0), evenOdds(-Infinity), evenOdds(Math.log(0.5))], [1, Infinity, 1]);
  assert.equal(evenOdds(Math.log(0.1)), 7);
});
