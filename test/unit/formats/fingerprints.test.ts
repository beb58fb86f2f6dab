// Fingerprints keep their numbers and their digits, however many there are and in whatever order they come.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Fingerprints, fingerprintWords } from '../../../server/formats/published/fingerprints.ts';
import { LineCursor } from '../../../server/formats/published/line-cursor.ts';

const md5 = (i: number) => createHash('md5').update(String(i)).digest('hex');

function wordsOf(digits: string): Uint32Array {
  const words = fingerprintWords();
  assert(new LineCursor(Buffer.from(digits)).fingerprint(words), digits);
  return words;
}

test('each distinct fingerprint has one number, and its digits come back', () => {
  const N = 5000;
  // Those that differ in one word alone lie in one place of a table by the others.
  const alike = Array.from({ length: 40 }, (_, i) => `00000007${i.toString(16).padStart(16, '0')}00000007`);
  const all = [...Array.from({ length: N }, (_, i) => md5(i)), ...alike, '0'.repeat(32), 'f'.repeat(32)];
  const known = new Fingerprints();
  const numbers = all.map((digits) => known.numberOf(wordsOf(digits)));
  assert.deepEqual(numbers, [...all.keys()]);
  for (const step of [1, 3, 7, -1, -2, 1009]) {
    for (let i = 0; i < all.length; i++) {
      const at = (((i * step) % all.length) + all.length) % all.length;
      assert.equal(known.numberOf(wordsOf(all[at]!)), at);
      assert.equal(known.text(at), all[at]);
      assert(known.is(at, wordsOf(all[at]!)) && !known.is(at, wordsOf(all[(at + 1) % all.length]!)));
    }
  }
  assert(!known.is(all.length, wordsOf(all[0]!)));
});

test('what is no fingerprint is not passed', () => {
  const digits = md5(1);
  for (const wrong of [digits.slice(1), digits.toUpperCase(), `${digits.slice(1)}g`, ` ${digits}`, '']) {
    const cursor = new LineCursor(Buffer.from(wrong));
    assert.equal(cursor.fingerprint(fingerprintWords()), false, wrong);
    assert.equal(cursor.at, 0);
  }
});
