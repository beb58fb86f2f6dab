// The highest of each row, found by groups, are what one sort of the whole row finds, but for ties.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { uniformAt } from '../../../server/sampling/pick/philox.ts';
import { runs, someOf } from '../../support/in-ci.ts';
import { findHighest, type HighestCase, type HighestFound } from '../../support/sampling/find-highest.ts';
import { hasSoftwareDriver, runOnSoftwareDriver } from '../../support/software-driver.ts';

/** How many values WebGPU's kernel sorts in one go. */
const SORTED_AT_ONCE = 2048;

/** Some rows have few different values, so that ties cross the groups' borders. */
function makeCase(length: number, k: number, seed: number): HighestCase {
  const rows = [4, 1000, 1e6].map((nValues, row) =>
    Array.from({ length }, (_, i) => Math.floor(nValues * uniformAt(seed, row, i)) - nValues / 2),
  );
  return { k, rows };
}

function assertHighest({ k, rows }: HighestCase, { values, places }: HighestFound): void {
  const sorted = rows.flatMap((row) => [...row].sort((a, b) => b - a).slice(0, k));
  assert.deepEqual(values, sorted);
  for (const [i, row] of rows.entries()) {
    const own = places.slice(i * k, (i + 1) * k);
    assert.equal(new Set(own).size, k, 'no place twice');
    assert.deepEqual(
      own.map((place) => row[place]),
      sorted.slice(i * k, (i + 1) * k),
    );
    if (k === 1) assert.equal(own[0], row.indexOf(sorted[i]!), 'the lowest of several');
  }
}

const LENGTHS = [
  [32_768, 'in whole groups'],
  [50_257, 'in whole groups of odd size'],
  [40_961, 'with padding'],
  [151_936, 'in more than one round'],
] as const;

describe('the highest of rows, by groups', () => {
  test('are those of one sort', async () => {
    const lengths = fc.integer({ min: 1, max: 6 * SORTED_AT_ONCE });
    const ks = fc.oneof(fc.constantFrom(1, 40), fc.integer({ min: 1, max: 700 }));
    await fc.assert(
      fc.asyncProperty(lengths, ks, fc.integer({ min: 0, max: 1e6 }), async (length, k, seed) => {
        const asked = makeCase(length, Math.min(k, length), seed);
        assertHighest(asked, await findHighest('cpu', asked));
      }),
      { numRuns: runs(100) },
    );
  });

  for (const [length, name] of LENGTHS) {
    test(`of ${length} values, ${name}`, async () => {
      const asked = makeCase(length, 40, length);
      assertHighest(asked, await findHighest('cpu', asked));
    });
  }

  test('are the same on a software driver of WebGPU', { skip: !hasSoftwareDriver }, () => {
    const lengths = [...LENGTHS.map(([length]) => length), 1, 300, 2049, 8191];
    const cases = someOf(lengths, 3).map((length) => makeCase(length, Math.min(40, length), length));
    const program = join(import.meta.dirname, '../../support/sampling/find-highest.ts');
    const found = runOnSoftwareDriver(program, cases) as readonly HighestFound[];
    for (const [i, asked] of cases.entries()) assertHighest(asked, found[i]!);
  });
});
