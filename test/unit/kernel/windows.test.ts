// The keys of a text's windows: each follows from its lines alone, wherever they stand and however much was read before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MatchRule } from '../../../protocol/study.ts';
import {
  INDEX_PART_BITS,
  KEY_WORDS,
  type KernelListener,
  ScanKernel,
  SPILLED_RECORD_BYTES,
} from '../../../server/kernel/scan-kernel.ts';
import { shareWindowing } from '../../../server/kernel/share-index.ts';
import { lineHashOf, plainKeys } from '../../oracle/plain-keys.ts';
import { significantLines } from '../../oracle/plain-normalise.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';
import { runs } from '../../support/in-ci.ts';

const SEED = 0x1234_5678_9abc_def0n;
const silent: KernelListener = { onLine() {}, onRepeats() {}, onRow() {} };

interface Window {
  readonly key: bigint;
  readonly firstLine: number;
  readonly lastLine: number;
}

const rule = {
  minLines: fc.constantFrom(1, 2, 3, 5, 6, 7, 12, 300),
  profile: fc.constantFrom('exact-1' as const, 'text-1' as const),
};
const rules = fc.record(rule);

const kernelOf = (rule: MatchRule, work: 'index' | 'other') =>
  new ScanKernel(shareWindowing(rule, Math.ceil(rule.minLines / 2), SEED), work);

function readText(kernel: ScanKernel, text: Buffer, pieceBytes: number, listener: Partial<KernelListener>) {
  kernel.beginText({ ...silent, ...listener });
  for (let at = 0; at < text.length; at += pieceBytes) kernel.appendText(text.subarray(at, at + pieceBytes));
  kernel.endText();
}

function windowsOf(kernel: ScanKernel, text: Buffer, pieceBytes = text.length || 1): readonly Window[] {
  const windows: Window[] = [];
  readText(kernel, text, pieceBytes, {
    onKeys(words, first, n) {
      for (let at = first; at < first + n * KEY_WORDS; at += KEY_WORDS) {
        const key = (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
        windows.push({ key, firstLine: words[at + 2]!, lastLine: words[at + 3]! });
      }
    },
  });
  return windows;
}

/** What an index keeps of a shard of these documents: the upper 40 bits of each key, above a document's number. */
function recordsOf(kernel: ScanKernel, texts: readonly Buffer[]): readonly bigint[] {
  const kept: bigint[] = [];
  kernel.beginRecords();
  const onRecords: KernelListener['onRecords'] = (records, counts, firstDocument) => {
    const bytes = Buffer.from(records);
    let at = 0;
    for (const [part, n] of counts.entries()) {
      for (let i = 0; i < n; i++, at += SPILLED_RECORD_BYTES) {
        const record = BigInt(bytes.readUIntLE(at, SPILLED_RECORD_BYTES));
        const document = BigInt(firstDocument) + (record & 0x7fffn);
        kept.push((BigInt(part) << BigInt(64 - INDEX_PART_BITS)) | ((record >> 15n) << 24n) | document);
      }
    }
    assert.equal(at, bytes.length);
  };
  for (const [document, text] of texts.entries()) {
    readText(kernel, text, text.length || 1, { onRecords });
    kernel.keepText({ row: document, byteOffset: 0, repository: '', path: '', license: '' });
  }
  kernel.endRecords();
  return kept.sort();
}

/** Lines of few or many kinds, some blank, some longer than what is hashed, some equal but for what is cut off. */
function linesOf(nLines: number, nKinds: number, seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: nLines }, () => {
    const kind = random(nKinds);
    if (kind % 17 === 3) return ' \t'.repeat(kind % 3);
    if (kind % 29 === 5) return `${'long '.repeat(1000)}${kind % 2}`;
    return `${'  '.repeat(kind % 3)}${`f${kind * 7919}(`.repeat(1 + (kind % 23))}${' '.repeat(kind % 2)}`;
  });
}

const sizes = {
  few: fc.nat(20),
  some: fc.integer({ min: 240, max: 530 }),
  many: fc.constantFrom(1100, 34_000),
};

const textOf = (nLines: fc.Arbitrary<number>) =>
  fc
    .record({ nLines, nKinds: fc.constantFrom(1, 2, 5, 60, 1e6), seed: fc.nat(1e6) })
    .map(({ nLines: n, nKinds, seed }) => linesOf(n, nKinds, seed));

test('a window has the key that the format says', () => {
  const few = fc.record({ ...rule, minLines: fc.integer({ min: 1, max: 13 }) });
  fc.assert(
    fc.property(textOf(fc.oneof(sizes.few, sizes.some)), few, (lines, { minLines, profile }) => {
      const kernel = kernelOf({ minLines, profile }, 'other');
      const each = kernelOf({ minLines: 1, profile }, 'other');
      kernel.giveEveryWindow();
      each.giveEveryWindow();
      const text = Buffer.from(lines.join('\n'));
      const hashes = windowsOf(each, text).map(({ key }) => lineHashOf(key));
      const plain = significantLines(text, profile).map((line, i) => ({
        hash: hashes[i]!,
        nBytes: line.key.length,
      }));
      const keys = windowsOf(kernel, text).map(({ key }) => key);
      assert.deepEqual(keys, plainKeys(plain, minLines));
    }),
    { numRuns: runs(400) },
  );
});

test('a window has the key that it has alone, in any text and any pieces', () => {
  fc.assert(
    fc.property(
      textOf(fc.oneof(sizes.few, sizes.some, sizes.many)),
      rules,
      fc.integer({ min: 1, max: 1 << 18 }),
      fc.nat(1e6),
      (lines, rule, pieceBytes, seed) => {
        const kernel = kernelOf(rule, 'other');
        kernel.giveEveryWindow();
        const text = Buffer.from(lines.join('\n'));
        const windows = windowsOf(kernel, text);
        assert.deepEqual(windowsOf(kernel, text, Math.max(pieceBytes, text.length >> 10)), windows);
        const random = seededRandom(seed);
        const nTried = Math.min(windows.length, 40);
        for (let i = 0; i < nTried; i++) {
          const { key, firstLine, lastLine } = windows[random(windows.length)]!;
          const alone = windowsOf(kernel, Buffer.from(lines.slice(firstLine - 1, lastLine).join('\n')));
          assert.deepEqual(alone, [{ key, firstLine: 1, lastLine: lastLine - firstLine + 1 }]);
        }
      },
    ),
    { numRuns: runs(400) },
  );
});

test('an index keeps the keys of all windows of a document, those of neighbours that share one once', () => {
  fc.assert(
    fc.property(textOf(fc.oneof(sizes.few, sizes.some, sizes.many)), rules, (lines, rule) => {
      const text = Buffer.from(lines.join('\n'));
      const asked = kernelOf(rule, 'other');
      asked.giveEveryWindow();
      const keys = windowsOf(asked, text).map(({ key }) => key);
      const changes = keys.filter((key, i) => key !== keys[i - 1]);
      const indexing = kernelOf(rule, 'index');
      const records = changes.map((key) => (key >> 24n) << 24n);
      assert.deepEqual(
        recordsOf(indexing, [text, text]),
        [...records, ...records.map((key) => key + 1n)].sort(),
      );
      assert.equal(indexing.documentDigest, asked.documentDigest);
    }),
    { numRuns: runs(400) },
  );
});

test('more documents than are given at once keep their numbers, of one key and of many', () => {
  const rule = { minLines: 2, profile: 'exact-1' as const };
  const asked = kernelOf(rule, 'other');
  asked.giveEveryWindow();
  // The first 5,000 have one key, whose part is full when the others are empty; behind them numbers run over before a part is full.
  const texts = Array.from({ length: 50_000 }, (_, i) => Buffer.from(i < 5_000 ? 'a\nb' : `a${i}\nb`));
  const key = new Map<string, bigint>();
  const keyOf = (text: Buffer) => {
    const known = key.get(`${text}`) ?? windowsOf(asked, text)[0]!.key;
    key.set(`${text}`, known);
    return known;
  };
  const expected = texts.map((text, i) => ((keyOf(text) >> 24n) << 24n) | BigInt(i));
  assert.deepEqual(recordsOf(kernelOf(rule, 'index'), texts), expected.sort());
});
