// Numbers for lines against strings in a map: any text, both profiles, any hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { joinCovered } from '../../../server/engine/covered-samples.ts';
import { EDGE } from '../../../server/engine/sample-index.ts';
import { finish } from '../../../server/engine/steps.ts';
import { buildKernel } from '../../../server/kernel/build-wasm.mjs';
import { instantiate } from '../../../server/kernel/kernel-instance.ts';
import { numberInSteps } from '../../../server/kernel/number-samples.ts';
import { scene } from '../../oracle/adversarial-text.ts';
import { numberLines } from '../../oracle/plain-numbers.ts';
import { runs } from '../../support/in-ci.ts';

await buildKernel();
const instance = instantiate();
const nothing = instance.kernel.usedSoFar();

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
    fc.property(samples, profiles, fc.constantFrom(2n ** 64n - 1n, 0xffn, 1n, 0n), (given, profile, mask) => {
      instance.kernel.takeBack(nothing);
      const rule = { minLines: 6, profile };
      const index = finish(numberInSteps(given, rule, instance, { seed: 7n, mask }));
      // Each sample as one covered part, but for those without a line.
      const places = joinCovered(index, wholeSamples(index.sampleStarts), given, profile);
      let at = 0;
      const plain = numberLines(given, profile);
      const keys = Array.from({ length: index.nLines }, (_, id) =>
        String.fromCharCode(...index.lineBytes.subarray(index.lineStarts[id], index.lineStarts[id + 1])),
      );
      assert.deepEqual(keys, plain.keys);
      for (const [i, sample] of plain.samples.entries()) {
        const [first, edge] = [index.sampleStarts[i]!, index.sampleStarts[i + 1]! - 1];
        assert.deepEqual(Array.from(index.sequence.subarray(first, edge)), sample.classes);
        assert.equal(index.sequence[edge], EDGE);
        if (edge === first) continue;
        const part = (values: Uint32Array) => Array.from(values.subarray(at, at + edge - first));
        assert.deepEqual(part(places.rawLines), sample.rawLines);
        assert.deepEqual(part(places.starts), sample.starts);
        assert.deepEqual(part(places.ends), sample.ends);
        at += edge - first + 1;
      }
    }),
    { numRuns: runs(500) },
  );
});

test('texts of any size and number, side by side: every table and buffer outgrown', () => {
  instance.kernel.takeBack(nothing);
  const line = (i: number) => `\t${'x'.repeat(i % 90)} ${i % 70_000}  `;
  const text = (first: number, n: number, end: string) =>
    Buffer.from(Array.from({ length: n }, (_, i) => line(first + i)).join(end));
  // More than are handed over at a time, then some that are longer than what is.
  const texts = [
    ...Array.from({ length: 5000 }, (_, i) => text(13 * i, i % 7, '\n')),
    text(0, 40_000, '\r\n'),
    text(30_000, 60_000, '\r'),
    text(1, 3, '\n'),
  ];
  const samples = texts.map((bytes, sampleId) => ({ sampleId, text: bytes, cut: false }));
  for (const profile of ['exact-1', 'text-1'] as const) {
    instance.kernel.takeBack(nothing);
    const index = finish(numberInSteps(samples, { minLines: 6, profile }, instance));
    const plain = numberLines(samples, profile);
    assert.equal(index.nLines, plain.keys.length);
    for (const [id, key] of plain.keys.entries()) {
      const bytes = index.lineBytes.subarray(index.lineStarts[id], index.lineStarts[id + 1]);
      if (Buffer.from(bytes).toString('latin1') !== key) assert.fail(`line ${id} is another`);
    }
    for (const [i, { classes }] of plain.samples.entries()) {
      const lines = index.sequence.subarray(index.sampleStarts[i]!, index.sampleStarts[i + 1]! - 1);
      assert.deepEqual(Array.from(lines), classes);
    }
  }
});

const wholeSamples = (sampleStarts: Uint32Array) =>
  Array.from(sampleStarts.subarray(1), (end, i) => ({
    first: sampleStarts[i]!,
    end: end - 1,
    nWindows: 0,
  })).filter(({ first, end }) => end > first);
