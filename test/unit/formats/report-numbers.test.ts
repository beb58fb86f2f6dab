// Numbers in reports are written as American English writes them, whatever says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { count } from '../../../server/formats/report-numbers.ts';

test('whole numbers are grouped as the system groups them, from nothing to the largest', () => {
  const { format } = new Intl.NumberFormat('en-US');
  const sizes = Array.from({ length: 16 }, (_, digits) => 10 ** digits);
  const edges = [...sizes, ...sizes.map((n) => n - 1), ...sizes.map((n) => -n), Number.MAX_SAFE_INTEGER];
  for (const n of edges) assert.equal(count(n), format(n));
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => assert.equal(count(n), format(n))));
  assert.deepEqual([count(1234.4), count(1234.5), count(999.5)], ['1,234', '1,235', '1,000']);
});
