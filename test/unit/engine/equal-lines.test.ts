// The lines that a comparison looks at are those of the detector, cut and made equal by a plain second implementation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherEqualLines, significantLines } from '../../../server/engine/equal-lines.ts';
import { significantLines as plainLines } from '../../oracle/plain-normalise.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('texts are cut into the lines that count, with their raw numbers', () => {
  for (const text of [
    'a\r\nb\rc\n\n d \n',
    '',
    '\n',
    'x',
    ' \r\n\t\r',
    'ä\nÄ.b\n',
    `${'y'.repeat(10_000)}\nz`,
  ]) {
    for (const profile of ['exact-1', 'text-1'] as const) {
      const expected = plainLines(bytes(text), profile);
      assert.deepEqual(significantLines(bytes(text), profile), {
        keys: expected.map(({ key }) => key),
        numbers: expected.map(({ rawLine }) => rawLine),
      });
    }
  }
});

test('a text that repeats itself for ever is compared in time', () => {
  const text = significantLines(bytes('a\nb\n'.repeat(100_000)), 'exact-1');
  const nowhere = { firstLine: 0, lastLine: 0 };
  const { left } = otherEqualLines(text, text, 6, { left: nowhere, right: nowhere });
  assert.deepEqual(left, [{ firstLine: 1, lastLine: 200_000 }]);
});
