// Shards in parts: whatever stands in them, what the parts give together is what the whole gives, by both readers.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { CorpusDocument } from '../../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards, type Shard } from '../../../server/corpus/shard.ts';
import { joinProblems, type PartProblem } from '../../../server/corpus/shard-part.ts';
import { splitShard } from '../../../server/corpus/split-shard.ts';
import { joinParts } from '../../../server/kernel/join-parts.ts';
import { kernelScanner } from '../../../server/kernel/scan-shard.ts';
import { FULL_HASH, kernelFor } from '../../oracle/kernel-scan.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const folder = scratchFolder();
const { signal } = new AbortController();
const hooks = { signal, onBytes: () => {}, readAhead: 'none' } as const;
const text = (n: number) => `line ${n}\nline ${n + 1}\n\tline ${n + 2}\nother ${n}\n`;
const samples = [3, 5, 9].map((n, sampleId) => ({ sampleId, text: Buffer.from(text(n)), cut: false }));
const scanner = kernelScanner(kernelFor(samples, { minLines: 2, profile: 'exact-1' }, FULL_HASH));

function shardOf(name: string, bytes: Uint8Array): Shard {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return listShards([path])[0]!;
}

async function inParts(shard: Shard, partBytes: number): Promise<readonly Shard[]> {
  const parts = await splitShard(shard, partBytes, signal, () => {});
  return JSON.parse(JSON.stringify(parts.map((part) => ({ ...shard, part }))));
}

async function read(shard: Shard) {
  const documents: CorpusDocument[] = [];
  const problems: PartProblem[] = [];
  const onProblem = (problem: PartProblem) => void problems.push(problem);
  for await (const one of readDocuments(shard, { signal, onBytes: () => {}, onProblem })) documents.push(one);
  return { documents, problems };
}

async function check(shard: Shard, partBytes: number): Promise<number> {
  const parts = await inParts(shard, partBytes);
  if (parts.length === 0) return 0;
  const whole = await read(shard);
  const readParts = await Promise.all(parts.map(read));
  assert.deepEqual(
    readParts.flatMap(({ documents }) => documents),
    whole.documents,
  );
  assert.deepEqual(joinProblems(readParts.map(({ problems }) => problems)), whole.problems);
  const results = [];
  for (const part of parts) results.push(structuredClone(await scanner.scan(part, hooks)));
  assert.deepEqual(joinParts(results), await scanner.scan(shard, hooks));
  return parts.length;
}

const row = (n: number) => JSON.stringify({ repo_name: `r${n}`, content: text(n) });
const line = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12).map(row) },
  fc.constantFrom(
    '',
    ' \t\r',
    '{"content": oops',
    '{"other": "x"}',
    '{"content": 7}',
    '[]',
    `${row(3)}\r`,
    '\0',
  ),
);

test('JSON lines in parts are the whole, wherever they are cut', async () => {
  let nSplit = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 24 }),
      fc.constantFrom('', '\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 300 }),
      async (lines, end, hasMark, partBytes) => {
        const bytes = Buffer.from(`${hasMark ? '\ufeff' : ''}${[row(0), ...lines].join('\n')}${end}`);
        if ((await check(shardOf('a.jsonl', bytes), partBytes)) > 1) nSplit++;
      },
    ),
    { numRuns: 60 },
  );
  assert(nSplit > 20, `${nSplit}`);
});

test('Parquet is cut between row groups', async () => {
  const rows = Array.from({ length: 20 }, (_, n) => ({
    repo_name: `r${n}`,
    path: `${n}.py`,
    content: text(n % 8),
  }));
  const bytes = writeParquet(rows, { codec: 'ZSTD', rowsPerGroup: 3 });
  assert.equal(await check(shardOf('a.parquet', bytes), 1), 7);
  assert.equal(await check(shardOf('a.parquet', bytes), bytes.length), 0, 'nothing is gained');
});

test('what has no places to cut at is left whole', async () => {
  const lines = Array.from({ length: 9 }, (_, n) => row(n)).join('\n');
  const parts = (name: string, bytes: string | Buffer) => inParts(shardOf(name, Buffer.from(bytes)), 10);
  assert.equal((await parts('b.jsonl', lines)).length, 9);
  assert.deepEqual(await parts('c.jsonl', `[${lines.replaceAll('\n', ',\n')}]`), [], 'a list of rows');
  assert.deepEqual(await parts('d.jsonl', gzipSync(lines)), [], 'what is named as something else');
  assert.deepEqual(await parts('e.jsonl', Buffer.from(lines, 'utf16le')), []);
  assert.deepEqual(await parts('f.parquet', lines), [], 'a footer that is none');
});

test('a shard that is another than was cut is refused', async () => {
  const [first, second] = await inParts(shardOf('g.jsonl', Buffer.from([row(1), row(2)].join('\n'))), 10);
  await read(first!);
  writeFileSync(first!.path, row(1));
  await assert.rejects(read(second!), { code: 'environment', message: /has changed since it was cut/ });
});
