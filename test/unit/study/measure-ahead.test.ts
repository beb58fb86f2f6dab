// What a thread measures ahead, and what it has not come to, is what is measured of each text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import {
  GrowingTexts,
  type SharedTexts,
  sharedText,
} from '../../../server/formats/published/shared-texts.ts';
import { ImportAhead } from '../../../server/study/import-ahead.ts';
import { measureText } from '../../../server/study/measure-text.ts';

/** Texts of all lengths, loops and empty ones among them. */
const textOf = (i: number): string =>
  i % 7 === 0
    ? `again ${i}\nand again\n`.repeat(i % 40)
    : Array.from({ length: (i * 31) % 190 }, (_, line) => `x${(i * line * 7919) % 1013} = ${line}\xe9`).join(
        '\n',
      );

function shareTexts(texts: readonly string[]): SharedTexts {
  const growing = new GrowingTexts();
  const numbers = texts.map((text) => growing.push(Buffer.from(text, 'latin1')));
  return growing.inOrder(numbers);
}

test('asked for at once, later, and in any order', async () => {
  const texts = Array.from({ length: 1500 }, (_, i) => textOf(i));
  const expected = texts.map((text) => measureText(Buffer.from(text, 'latin1')));
  assert(expected.some(({ isLoop }) => isLoop) && expected.some(({ isLoop }) => !isLoop));
  const shared = shareTexts(texts);
  assert(shared.nBytes > 1 << 20, 'enough for a thread');
  const indexes = [...texts.keys()];
  for (const [order, waitMs] of [
    [indexes, 0],
    [indexes.toReversed(), 0],
    [indexes, 300],
  ] as const) {
    await using ahead = new ImportAhead();
    ahead.onTexts(shared);
    await setTimeout(waitMs);
    for (const index of order) assert.deepEqual(ahead.measure(index), expected[index], String(index));
    // It stays as it is.
    for (const index of order) assert.deepEqual(ahead.measure(index), expected[index], String(index));
  }
});

test('few texts need no thread, and none at all are no trouble', async () => {
  await using ahead = new ImportAhead();
  ahead.onTexts(shareTexts(['', 'a = 1\n']));
  assert.deepEqual(ahead.measure(0), measureText(Buffer.of()));
  assert.deepEqual(ahead.measure(1), measureText(Buffer.from('a = 1\n')));
  ahead.onTexts(shareTexts([]));
});

test('texts lie in memory that threads share, wherever a chunk of it ends', () => {
  const lengths = [0, 3, (1 << 22) - 3, 1, 0, (1 << 22) + 5, 7, 1 << 21, 1 << 21, 1];
  const texts = lengths.map((length, i) => Buffer.alloc(length, 65 + i));
  const growing = new GrowingTexts();
  for (const [i, text] of texts.entries()) assert.equal(growing.push(text), i);
  for (const [i, text] of texts.entries()) assert(text.equals(growing.bytes(i)), String(i));
  const shared = growing.inOrder([9, 2, 5]);
  assert.equal(shared.nBytes, 1 + lengths[2]! + lengths[5]!);
  for (const [at, i] of [9, 2, 5].entries()) assert(texts[i]!.equals(sharedText(shared, at)), String(i));
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
