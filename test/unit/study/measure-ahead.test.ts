// What a thread measures ahead, and what it has not come to, is what is measured of each text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { shareTexts } from '../../../server/formats/published/shared-texts.ts';
import { measureAhead } from '../../../server/study/measure-ahead.ts';
import { measureText } from '../../../server/study/measure-text.ts';

/** Texts of all lengths, loops and empty ones among them. */
const textOf = (i: number): string =>
  i % 7 === 0
    ? `again ${i}\nand again\n`.repeat(i % 40)
    : Array.from({ length: (i * 31) % 190 }, (_, line) => `x${(i * line * 7919) % 1013} = ${line}\xe9`).join(
        '\n',
      );

test('asked for at once, later, and in any order', async () => {
  const texts = Array.from({ length: 1500 }, (_, i) => textOf(i));
  const expected = texts.map((text) => measureText(Buffer.from(text, 'latin1')));
  assert(expected.some(({ isLoop }) => isLoop) && expected.some(({ isLoop }) => !isLoop));
  const shared = shareTexts(texts);
  assert(shared.bytes.byteLength > 1 << 20, 'enough for a thread');
  const indexes = [...texts.keys()];
  for (const [order, waitMs] of [
    [indexes, 0],
    [indexes.toReversed(), 0],
    [indexes, 300],
  ] as const) {
    const measure = measureAhead(shared);
    await setTimeout(waitMs);
    for (const index of order) assert.deepEqual(measure(index), expected[index], String(index));
    // It stays as it is.
    for (const index of order) assert.deepEqual(measure(index), expected[index], String(index));
  }
});

test('few texts need no thread, and none at all are no trouble', () => {
  const measure = measureAhead(shareTexts(['', 'a = 1\n']));
  assert.deepEqual(measure(0), measureText(Buffer.of()));
  assert.deepEqual(measure(1), measureText(Buffer.from('a = 1\n')));
  measureAhead(shareTexts([]));
});

test('a size that is deflated into many pieces is counted whole', () => {
  // Digits that hardly shrink, and more of them than one piece holds.
  const text = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i * 2654435761) % 251));
  const { zlibBytes, isLoop } = measureText(text);
  assert(zlibBytes > 1 << 15, String(zlibBytes));
  assert.equal(isLoop, false);
  // The size of the pieces changes nothing about it, whatever the text's length.
  for (const nBytes of [0, 1, 1023, 2048, 2049, 50_000, text.length]) {
    const part = text.subarray(0, nBytes);
    assert.equal(measureText(part).zlibBytes, deflateSync(part, { level: 6 }).length);
  }
});
