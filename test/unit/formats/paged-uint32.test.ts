// Numbers in pages are those of a list.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagedUint32 } from '../../../server/formats/published/paged-uint32.ts';

test('numbers stay what they are over the ends of pages, and when some are taken back', () => {
  const paged = new PagedUint32();
  const expected: number[] = [];
  const push = (n: number) => {
    for (let i = 0; i < n; i++) {
      const value = (expected.length * 2_654_435_761 + n) % 2 ** 32;
      paged.push(value);
      expected.push(value);
    }
  };
  for (const [more, less] of [
    [100_000, 40_000],
    [1, 0],
    [40_000, 100_001],
    [70_000, 5],
  ] as const) {
    push(more);
    paged.truncate(expected.length - less);
    expected.length -= less;
    assert.equal(paged.length, expected.length);
    assert.deepEqual(
      Array.from(expected, (_, i) => paged.get(i)),
      expected,
    );
  }
  paged.set(65_536, 7);
  assert.deepEqual(
    [65_535, 65_536, 65_537].map((i) => paged.get(i)),
    [expected[65_535], 7, expected[65_537]],
  );
});
