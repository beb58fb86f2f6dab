// The kernel on plain text against the plain form: any bytes, any pieces, any hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countSignificantLines } from '../../../server/analysis/significant-lines.ts';
import { linesOfSamples } from '../../../server/engine/sample-index.ts';
import { readShardRuns, visitRuns } from '../../../server/engine/shard-runs.ts';
import { numberSamples } from '../../../server/kernel/number-samples.ts';
import { bytesOf, scene } from '../../oracle/adversarial-text.ts';
import { cut, FULL_HASH, kernelFor, scanTexts } from '../../oracle/kernel-scan.ts';
import { decodeRuns, plainScan } from '../../oracle/plain-runs.ts';
import { runs } from '../../support/in-ci.ts';

const rules = fc.record({
  minLines: fc.constantFrom(1, 2, 3, 6),
  profile: fc.constantFrom('exact-1' as const, 'text-1' as const),
});

/** From a hash that tells everything apart to one that tells nothing. */
const hashes = fc.record({
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  mask: fc.constantFrom(FULL_HASH.mask, 0n, 1n, 0xffn, 0xff00_0000_0000_0000n),
});

test('runs are those of the plain form, whatever the pieces and however bad the hash', () => {
  fc.assert(
    fc.property(
      scene,
      rules,
      hashes,
      fc.array(fc.nat(300), { maxLength: 5 }),
      (given, rule, hash, places) => {
        const kernel = kernelFor(given.samples, rule, hash);
        for (const { documents } of given.shards) {
          const expected = plainScan(given.samples, rule, documents);
          const texts = documents.map(({ row, text }) => ({ row, pieces: cut(text, places) }));
          const { partial, contentBytes, rows } = scanTexts(kernel, texts);
          assert.deepEqual(decodeRuns(partial), decodeRuns(expected.partial));
          assert.deepEqual(partial, expected.partial);
          assert.equal(contentBytes, expected.contentBytes);
          assert.deepEqual(
            rows,
            expected.documents.map(({ row }) => row),
          );
        }
      },
    ),
    { numRuns: runs(800) },
  );
});

test('samples have as many lines in the index as their texts have significant ones', () => {
  const anything = fc.record({ samples: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 9 }) });
  const texts = fc.oneof(
    scene.map(({ samples }) => samples),
    anything.map(({ samples }) => samples.map((text, sampleId) => ({ sampleId, text, cut: true }))),
  );
  fc.assert(
    fc.property(texts, rules, (samples, rule) => {
      assert.deepEqual(
        [...linesOfSamples(numberSamples(samples, rule))],
        samples.map(({ text }) => countSignificantLines(text, rule.profile)),
      );
    }),
    { numRuns: runs(400) },
  );
});

/** One line many times, now and then in another spelling, with another end or a blank line between. */
const repeats = fc
  .array(
    fc.record({
      line: fc.constantFrom('a', 'a', 'a ', '\ta', 'b', '', 'a long line of more than sixteen bytes'),
      end: fc.constantFrom('\n', '\n', '\r\n', '\r', '\n\n', '\n \n'),
      nLines: fc.oneof(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 500, max: 1500 })),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => bytesOf(parts.map(({ line, end, nLines }) => (line + end).repeat(nLines)).join('')));

const document = (row: number, text: Uint8Array) =>
  ({ row, byteOffset: 0, repository: '', path: '', license: '', text }) as const;

test('long runs of one line are those of the plain form, in any spelling and any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(repeats, { minLength: 1, maxLength: 3 }),
      fc.array(repeats, { minLength: 1, maxLength: 3 }),
      rules,
      hashes,
      fc.array(fc.nat(5000), { maxLength: 5 }),
      (own, others, rule, hash, places) => {
        const samples = own.map((text, sampleId) => ({ sampleId, text, cut: false }));
        const documents = [...own, ...others].map((text, row) => document(row, text));
        const texts = documents.map(({ row, text }) => ({ row, pieces: cut(text, places) }));
        const expected = plainScan(samples, rule, documents);
        assert.deepEqual(scanTexts(kernelFor(samples, rule, hash), texts).partial, expected.partial);
      },
    ),
    { numRuns: runs(60) },
  );
});

test('a run of one line that outgrows every buffer', () => {
  const rule = { minLines: 6, profile: 'exact-1' as const };
  const once = bytesOf('the same line\n'.repeat(100_000));
  const own = { sampleId: 0, text: once.subarray(0, 14 * 300), cut: false };
  const kernel = kernelFor([own], rule, FULL_HASH);
  const expected = plainScan([own], rule, [document(0, once)]);
  for (const pieces of [[once], cut(once, [1, 1000, 999_999, 1_000_001])]) {
    assert.deepEqual(scanTexts(kernel, [{ row: 0, pieces }]).partial, expected.partial);
  }
});

const MIB = 1 << 20;
const lines = (n: number) => Array.from({ length: n }, (_, i) => `line ${i}`).join('\n');
const samples = [{ sampleId: 0, text: bytesOf(lines(8)), cut: false }];

for (const profile of ['exact-1', 'text-1'] as const) {
  test(`a line of 500 MB, of text or of blanks, costs no memory and stands in no one's way (${profile})`, () => {
    const kernel = kernelFor(samples, { minLines: 6, profile }, FULL_HASH);
    const filled = (byte: number) => new Uint8Array(MIB).fill(byte);
    const times = (n: number, piece: Uint8Array) => Array.from({ length: n }, () => piece);
    const before = process.memoryUsage().rss;
    const pieces = [
      bytesOf(lines(6)),
      ...times(200, filled(0x20)),
      bytesOf('\nline 6\n'),
      ...times(200, filled(0x20)),
      bytesOf('line 7'),
      ...times(100, filled(0x20)),
      bytesOf('\r'),
      ...times(500, filled(0x61)),
      bytesOf(`\n${lines(7)}`),
    ];
    const { partial, contentBytes } = scanTexts(kernel, [{ row: 0, pieces }]);
    const runs = decodeRuns(partial);
    assert.deepEqual(
      runs.map(({ classes }) => classes),
      [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3, 4, 5, 6],
      ],
    );
    const [first, second] = runs;
    const head = lines(6).length;
    assert.deepEqual(first!.rawLines, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(first!.ends[5], head + 200 * MIB);
    assert.equal(first!.starts[7], head + 200 * MIB + 8);
    assert.equal(first!.ends[7], head + 500 * MIB + 14);
    assert.equal(second!.rawLines[0], 10);
    assert.equal(second!.starts[0], head + 1000 * MIB + 16);
    assert.equal(contentBytes, head + 1000 * MIB + 16 + lines(7).length);
    assert.ok(process.memoryUsage().rss - before < 64 * MIB);
  });
}

test('buffers that fill up in the middle of runs, lines and terminators change nothing', () => {
  // About 1 MiB to a buffer: documents of a few MiB with runs all over, in lines of many lengths.
  const rule = { minLines: 3, profile: 'exact-1' as const };
  const parts = ['a', 'b', 'c', `d${' '.repeat(700)}e`, 'f'.repeat(70_000), `\t${'g'.repeat(700_000)}`];
  const sample = { sampleId: 0, text: bytesOf(parts.join('\n')), cut: false };
  let seed = 1;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (const end of ['\n', '\r\n', '\r']) {
    let text = '';
    while (text.length < 6 * MIB) {
      const nParts = random(20) === 0 ? 6 : 5;
      text += parts.slice(random(3), 1 + random(nParts)).join(end) + end.repeat(1 + random(2));
      text += random(3) === 0 ? `${'x'.repeat(random(5000))}${end}` : '';
      text += random(200) === 0 ? `${' '.repeat(random(2 * MIB))}${end}` : '';
      text += random(200) === 0 ? 'y\n'.repeat(random(100_000)) : '';
    }
    const document = { row: 0, byteOffset: 0, repository: '', path: '', license: '', text: bytesOf(text) };
    const expected = plainScan([sample], rule, [document]);
    const kernel = kernelFor([sample], rule, FULL_HASH);
    const places = Array.from({ length: 50 }, () => random(text.length));
    for (const pieces of [[document.text], cut(document.text, places)]) {
      assert.deepEqual(scanTexts(kernel, [{ row: 0, pieces }]).partial, expected.partial);
    }
    let nRuns = 0;
    visitRuns(readShardRuns(expected.partial), expected.partial, () => nRuns++);
    assert.ok(nRuns > 50, `${nRuns} runs`);
  }
});
