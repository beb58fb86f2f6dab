// The kernel's row reader against the plain one: same rows, same damage, same text, whatever the pieces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRow } from '../../../server/corpus/parse-row.ts';
import { MAX_ROW_BYTES } from '../../../server/corpus/read-rows.ts';
import type { MatchedDocument, SampleInput } from '../../../server/engine/detection.ts';
import { RunCollector } from '../../../server/engine/run-collector.ts';
import type { RowStatus, ScanKernel } from '../../../server/kernel/scan-kernel.ts';
import { adversarialRows } from '../../oracle/adversarial-rows.ts';
import { bytesOf, scene } from '../../oracle/adversarial-text.ts';
import { cut, FULL_HASH, kernelFor } from '../../oracle/kernel-scan.ts';
import { type PlainDocument, plainScan } from '../../oracle/plain-runs.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';
import { inCi } from '../../support/in-ci.ts';

const rule = { minLines: 2, profile: 'exact-1' as const };

interface ReadRows {
  readonly nRows: number;
  readonly contentBytes: number;
  readonly documents: readonly MatchedDocument[];
  readonly problems: readonly { row: number; byteOffset: number; status: RowStatus }[];
  readonly partial: Uint8Array;
}

function readWithKernel(kernel: ScanKernel, pieces: readonly Uint8Array[]): ReadRows {
  const collector = new RunCollector();
  const documents: MatchedDocument[] = [];
  const problems: ReadRows['problems'][number][] = [];
  kernel.beginRows({
    onLine: collector.addLine.bind(collector),
    onRepeats: collector.addRepeats.bind(collector),
    onRow(status) {
      const { row, rowOffset: byteOffset } = kernel;
      if (status !== 'ok') {
        collector.dropRow();
        problems.push({ row, byteOffset, status });
        return;
      }
      collector.keepRow(row);
      const [repository, path] = [kernel.column('repository'), kernel.column('path')];
      documents.push({ row, byteOffset, repository, path, license: kernel.column('license') });
    },
  });
  for (const piece of pieces) kernel.appendRows(piece);
  kernel.endRows();
  const { nRows, contentBytes } = kernel;
  return { nRows, contentBytes, documents, problems, partial: collector.encode() };
}

function readPlainly(samples: readonly SampleInput[], stream: Uint8Array): ReadRows {
  const documents: PlainDocument[] = [];
  const problems: ReadRows['problems'][number][] = [];
  let row = 0;
  let byteOffset = 0;
  const text = Buffer.from(stream).toString('latin1');
  for (const line of text.split('\n')) {
    const bytes = bytesOf(line);
    const start = byteOffset;
    byteOffset += bytes.length + 1;
    if (bytes.every((byte) => byte <= 0x20)) continue;
    const parsed = parseRow(bytes);
    if (typeof parsed === 'string') problems.push({ row, byteOffset: start, status: parsed });
    else {
      const { content, ...provenance } = parsed;
      documents.push({ row, byteOffset: start, text: content, ...provenance });
    }
    row++;
  }
  const result = plainScan(samples, rule, documents);
  const { nRows, contentBytes, partial } = result;
  return { nRows, contentBytes, documents: result.documents, problems, partial };
}

/** In a CI run twenty seconds, as long as one waits at a desk otherwise. */
const fuzzMs = 1000 * Number(process.env.VERBATIM_FUZZ_SECONDS ?? (inCi ? 20 : 3));
/** However slow the machine is: these hold enough of everything that hurts. */
const LEAST_SEEDS = 200;

test(`rows of any bytes in any pieces are read as the plain reader reads them (${fuzzMs / 1000} s)`, () => {
  const scenes = fc.sample(scene, { numRuns: 60, seed: 1 });
  const kernels = scenes.map(({ samples }) => kernelFor(samples, rule, FULL_HASH));
  const until = performance.now() + fuzzMs;
  const seen = { ok: 0, matched: 0, 'not-json': 0, 'no-content': 0, 'too-long': 21 };
  for (let seed = 1; performance.now() < until || seed <= LEAST_SEEDS; seed++) {
    const random = seededRandom(seed);
    const i = random(scenes.length);
    const { samples, shards } = scenes[i]!;
    const texts = shards.flatMap(({ documents }) => documents.map(({ text }) => text));
    const stream = adversarialRows(random, [...texts, new Uint8Array()]);
    const expected = readPlainly(samples, stream);
    const places = Array.from({ length: random(8) }, () => random(stream.length + 1));
    const pieces = random(8) ? cut(stream, places) : Array.from(stream, (byte) => Uint8Array.of(byte));
    assert.deepEqual(readWithKernel(kernels[i]!, pieces), expected, `seed ${seed}`);
    seen.ok += expected.nRows;
    seen.matched += expected.documents.length;
    for (const { status } of expected.problems) seen[status]++;
  }
  // The generator must go on hurting.
  for (const [kind, n] of Object.entries(seen)) assert.ok(n > 20, `${kind}: ${n}`);
});

test('a row larger than every buffer, in columns of any size, is a row like others', () => {
  const lines = Array.from({ length: 8 }, (_, i) => `line ${i}`);
  const samples = [{ sampleId: 0, text: bytesOf(lines.join('\n')), cut: false }];
  const kernel = kernelFor(samples, { minLines: 6, profile: 'exact-1' }, FULL_HASH);
  const large = (n: number) => Array.from({ length: n }, () => new Uint8Array(1 << 20).fill(0x61));
  const pieces = [
    bytesOf('{"other":"'),
    ...large(70),
    bytesOf(`","deep":[${'['.repeat(1000)}1${']'.repeat(1000)}],"n":1`),
    ...Array.from({ length: 20 }, () => bytesOf('0'.repeat(1 << 16))),
    bytesOf(`,"content":"${lines.join('\\n')}\\n`),
    ...large(60),
    bytesOf(`\\n${lines.slice(0, 6).join('\\r\\n')}","repo_name":"r","x":"`),
    ...large(70),
    bytesOf('","path":"p"}\n{"content":"y"}'),
  ];
  const before = process.memoryUsage().rss;
  const { nRows, documents, contentBytes, problems } = readWithKernel(kernel, pieces);
  assert.deepEqual(problems, []);
  assert.deepEqual(documents, [{ row: 0, byteOffset: 0, repository: 'r', path: 'p', license: '' }]);
  assert.equal(nRows, 2);
  assert.equal(
    contentBytes,
    lines.join('\n').length + 1 + (60 << 20) + 1 + lines.slice(0, 6).join('\r\n').length + 1,
  );
  assert.ok(process.memoryUsage().rss - before < 64 << 20);
});

test('a row beyond any document is named, passed over and has no number', () => {
  const kernel = kernelFor([{ sampleId: 0, text: bytesOf('a\nb'), cut: false }], rule, FULL_HASH);
  const filled = new Uint8Array(1 << 20).fill(0x61);
  const pieces = [
    bytesOf('{"content":"a\\nb\\n'),
    ...Array.from({ length: MAX_ROW_BYTES >> 20 }, () => filled),
    bytesOf('"}\n{"content":"a\\nb"}'),
  ];
  const { nRows, documents, problems } = readWithKernel(kernel, pieces);
  const byteOffset = MAX_ROW_BYTES + 21;
  assert.deepEqual(problems, [{ row: 0, byteOffset: 0, status: 'too-long' }]);
  assert.deepEqual(documents, [{ row: 0, byteOffset, repository: '', path: '', license: '' }]);
  assert.equal(nRows, 1);
});
