// Texts that only repeat themselves, against the definition tried at every place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLoop } from '../../../server/analysis/repetition.ts';
import { runs } from '../../support/in-ci.ts';

/** Whether some part of at least half of the lines is a block that comes three times or more, its end perhaps cut. */
function repeatsPlainly(lines: readonly string[]): boolean {
  for (let first = 0; first < lines.length; first++) {
    for (let end = first + 1; end <= lines.length; end++) {
      const n = end - first;
      if (2 * n < lines.length) continue;
      for (let block = 1; 3 * block <= n; block++) {
        if (lines.slice(first + block, end).every((line, i) => line === lines[first + i])) return true;
      }
    }
  }
  return false;
}

test('a text repeats itself where the definition says so, and only there', () => {
  const other = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 9 });
  const repeated = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', 'x'), { minLength: 1, maxLength: 4 }), fc.nat({ max: 5 }))
    .map(([block, times]) => Array.from({ length: times }, () => block).flat());
  const lines = fc.tuple(other, repeated, other).map((parts) => parts.flat());
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(lines, (given) => {
      const text = given.map((line) => `  ${line}\n\n`).join('');
      const expected = repeatsPlainly(given);
      seen.add(expected);
      assert.equal(repeats(text), expected);
    }),
    { numRuns: runs(1000) },
  );
  assert.equal(seen.size, 2);
});

/** Deflated to as much as it was: that tells nothing. */
function repeats(text: string): boolean {
  const bytes = Buffer.from(text);
  return isLoop(bytes, bytes.length, () => text);
}

test('lines are the same whatever white space stands around them, and whatever ends them', () => {
  const space = fc.constantFrom('', ' ', '\t', '\v', '\f', '  \t', '\u00a0', '\ufeff', '\u2028', '\u3000');
  const end = fc.constantFrom('\n', '\r\n', '\r', '\n \n', '\n\u2003\n');
  const line = fc.constantFrom('a', 'b', 'c', 'a b', 'a  b', '\u001f', '\u001fa', 'é', 'a\u0000');
  const dressed = fc.array(fc.tuple(space, line, space, end), { maxLength: 12 });
  fc.assert(
    fc.property(dressed, fc.integer({ min: 1, max: 5 }), (block, times) => {
      const given = Array.from({ length: times }, () => block).flat();
      const text = given.map((parts) => parts.join('')).join('');
      assert.equal(repeats(text), repeatsPlainly(given.map(([, word]) => word)), JSON.stringify(text));
    }),
    { numRuns: runs(1000) },
  );
});

test('beyond two thousand lines nothing is looked at', () => {
  const different = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`);
  const loop = Array.from({ length: 9000 }, () => 'a\n');
  assert(!repeats([...different, ...loop].join('')));
  assert(repeats([...loop, ...different].join('')));
});
