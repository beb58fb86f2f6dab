// Numbers for lines against strings in a map: any text, both profiles, any hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EDGE, indexSamples } from '../../../server/engine/sample-index.ts';
import { scene } from '../../oracle/hurtful-text.ts';
import { numberLines } from '../../oracle/plain-numbers.ts';
import { runs } from '../../support/in-ci.ts';

const profiles = fc.constantFrom('exact-1' as const, 'text-1' as const);
const anyBytes = fc
  .array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 })
  .map((texts) => texts.map((text, sampleId) => ({ sampleId, text, cut: false })));

test('the numbers of lines and where they stand are those of the plain form, however bad the hash', () => {
  const samples = fc.oneof(
    anyBytes,
    scene.map((given) => given.samples),
  );
  fc.assert(
    fc.property(samples, profiles, fc.constantFrom(0xffffffff, 0xff, 1, 0), (given, profile, hashMask) => {
      const index = indexSamples(given, { minLines: 6, profile }, hashMask);
      const plain = numberLines(given, profile);
      const keys = Array.from({ length: index.nLines }, (_, id) =>
        String.fromCharCode(...index.lineBytes.subarray(index.lineStarts[id], index.lineStarts[id + 1])),
      );
      assert.deepEqual(keys, plain.keys);
      for (const [i, sample] of plain.samples.entries()) {
        const part = (values: Uint32Array) =>
          Array.from(values.subarray(index.sampleStarts[i]!, index.sampleStarts[i + 1]! - 1));
        assert.deepEqual(part(index.sequence), sample.classes);
        assert.deepEqual(part(index.rawLines), sample.rawLines);
        assert.deepEqual(part(index.starts), sample.starts);
        assert.deepEqual(part(index.ends), sample.ends);
        assert.equal(index.sequence[index.sampleStarts[i + 1]! - 1], EDGE);
      }
    }),
    { numRuns: runs(500) },
  );
});
