// Numbers in pages are those of a list.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagedUint32 } from '../../../server/formats/published/paged-uint32.ts';

test('numbers stay what they are over the ends of pages, and in another’s hands', () => {
  const paged = new PagedUint32();
  const expected: number[] = [];
  const push = (n: number) => {
    for (let i = 0; i < n; i++) {
      const value = (expected.length * 2_654_435_761 + n) % 2 ** 32;
      paged.push(value);
      expected.push(value);
    }
  };
  for (const more of [30_000, 1, 40_000, 5]) {
    push(more);
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
  const given = new PagedUint32(structuredClone(paged.toPages()));
  assert.equal(given.length, expected.length);
  assert.deepEqual(
    Array.from(expected, (_, i) => given.get(i)),
    Array.from(expected, (_, i) => paged.get(i)),
  );
});
