// One engine for many pieces: each inflates by itself, whatever came before it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { DeflateHere } from '../../../server/corpus/deflate-here.ts';
import { EngineHere } from '../../../server/corpus/engine-here.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';
import { runs } from '../../support/in-ci.ts';

const options = fc.record({
  level: fc.constantFrom(1, 2, 9),
  windowBits: fc.constantFrom(12, 15),
  memLevel: fc.constantFrom(5, 8),
  chunkSize: fc.constantFrom(64, 1 << 14),
});
/** From what is one copy to what does not get smaller at all. */
const piece = fc
  .record({ nBytes: fc.oneof(fc.nat(50), fc.nat(100_000)), nLetters: fc.constantFrom(1, 20, 256) })
  .map(({ nBytes, nLetters }) => {
    const random = seededRandom(nBytes + nLetters);
    return Uint8Array.from({ length: nBytes }, () => random(nLetters));
  });

test('one engine deflates piece after piece, each as an engine of its own would but for a few bytes', () => {
  fc.assert(
    fc.property(options, fc.array(piece, { maxLength: 6 }), (how, pieces) => {
      using deflate = new DeflateHere(how);
      using again = new DeflateHere(how);
      for (const bytes of pieces) {
        const packed = Buffer.from(deflate.deflate(bytes));
        assert.ok(inflateRawSync(packed).equals(bytes));
        const alone = deflateRawSync(bytes, how).length;
        assert.ok(
          Math.abs(packed.length - alone) <= 16 + alone / 50,
          `${packed.length} bytes, alone ${alone}`,
        );
        assert.ok(packed.equals(again.deflate(bytes)), 'the same pieces in the same order');
      }
    }),
    { numRuns: runs(60) },
  );
});

test('this Node has the call that engines are run by here', () => {
  const engine = EngineHere.of(createDeflateRaw());
  assert.ok(engine, 'without it the bytes are the same, and take longer');
  engine.close();
});
