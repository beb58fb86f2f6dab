// What was never seen has no interval around nothing: it has a bound, or none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wilson } from '../../../server/analysis/intervals.ts';
import { percentInterval } from '../../../server/formats/report-numbers.ts';
import { percentRange } from '../../../webview/numbers.ts';

test('none out of some is bounded from above, and never an interval around nothing', () => {
  assert.equal(percentInterval(wilson(0, 100)), '0.0 % (at most 3.7)');
  assert.equal(percentInterval({ value: 0, low: 0, high: 0 }), '0.0 %');
  assert.equal(percentInterval(wilson(0, 0)), 'unknown');
  assert.equal(percentInterval(wilson(1, 2)), '50.0 % (9.5–90.5)');
  assert.equal(percentRange(wilson(0, 100)), 'at most 3.7 %');
  assert.equal(percentRange({ value: 0, low: 0, high: 0 }), '');
});
