// The whole scan over real shard files: every format, any number of workers, damage, failure, cancellation.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Progress } from '../../../protocol/study.ts';
import type { CorpusDocument } from '../../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards, type Shard } from '../../../server/corpus/shard.ts';
import type { ShardResult } from '../../../server/engine/detection.ts';
import { findFragments } from '../../../server/engine/find-fragments.ts';
import { Cancelled } from '../../../server/errors.ts';
import { buildKernel } from '../../../server/kernel/build-wasm.mjs';
import { numberSamples } from '../../../server/kernel/number-samples.ts';
import { type ScanRequest, scanCorpus } from '../../../server/kernel/scan-corpus.ts';
import { type ShardFailure, scanInThreads } from '../../../server/kernel/scan-pool.ts';
import { shareSamples } from '../../../server/kernel/share-index.ts';
import { bytesOf } from '../../oracle/adversarial-text.ts';
import { bruteForce } from '../../oracle/brute-force.ts';
import { plainScan } from '../../oracle/plain-runs.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { AT_ONCE_MS } from '../../support/wait-limit.ts';

await buildKernel();
const folder = scratchFolder();

const rule = { minLines: 6, profile: 'exact-1' as const };
const lines = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => `\tline ${first + i}\n`).join('');
const samples = [
  { sampleId: 4, text: bytesOf(lines(0, 40)), cut: true },
  { sampleId: 7, text: bytesOf(`x\n${lines(20, 30)}${'same\n'.repeat(30)}`), cut: false },
];
const text = (i: number) =>
  i % 3 === 0 ? `def f${i}():\n${lines(i % 50, 7 + (i % 11))}` : `nothing ${i}\n${'same\r\n'.repeat(i % 14)}`;
const sha1 = (i: number) => createHash('sha1').update(`${i}`).digest('hex');
const row = (i: number) =>
  `${JSON.stringify({ repo_name: `r${i % 5}`, path: `p${i}.py`, content: text(i), license: 'mit', hash: sha1(i) })}\n`;
const rows = (first: number, n: number) => Array.from({ length: n }, (_, i) => row(first + i)).join('');

const files: Record<string, Buffer> = {
  '0.jsonl': Buffer.from(`${rows(0, 60)}{"content":5}\n\n{broken\n${row(60)}`),
  '1.json.gz': Buffer.concat([gzipSync(rows(61, 20)), gzipSync(rows(81, 30)), gzipSync('')]),
  '2.jsonl.zst': zstdCompressSync(rows(111, 50)),
  '3.json.gz': gzipSync(rows(161, 400), { level: 0 }).subarray(0, 30_000),
  '4.json.gz': corrupt(gzipSync(rows(600, 6000)), 0.9),
  '5.jsonl.zst': zstdCompressSync(rows(7000, 6000)).subarray(0, 150_000),
  '6.jsonl': Buffer.from(rows(7000, 40).slice(0, -30)),
};
for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
mkdirSync(join(folder, 'tree/sub'), { recursive: true });
for (let i = 0; i < 40; i++) writeFileSync(join(folder, 'tree', i % 2 ? 'sub' : '', `${i}.py`), text(i));
const shards = listShards([...Object.keys(files), 'tree'].map((name) => join(folder, name)));

function corrupt(bytes: Buffer, where: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged.fill(0xff, Math.floor(where * bytes.length), Math.floor(where * bytes.length) + 50);
  return damaged;
}

/** What two workers give, made once. */
let scanned: Promise<Outcome> | undefined;
const scanOnce = () => {
  scanned ??= scan(shards);
  return scanned;
};

interface Outcome {
  readonly results: Map<string, ShardResult>;
  readonly failures: Map<string, ShardFailure>;
  readonly progress: Progress[];
}

async function scan(list: readonly Shard[], more: Partial<ScanRequest> = {}): Promise<Outcome> {
  const outcome: Outcome = { results: new Map(), failures: new Map(), progress: [] };
  const scanning = scanCorpus({
    samples,
    rule,
    shards: list,
    workers: 2,
    signal: new AbortController().signal,
    report: (progress) => void outcome.progress.push(progress),
    totalBytes: list.reduce((sum, shard) => sum + shard.nBytes, 0),
    resumedBytes: 0,
    ...more,
  });
  for await (const ended of scanning) {
    if (ended.kind === 'scanned') outcome.results.set(ended.shard.name, ended.result);
    else outcome.failures.set(ended.shard.name, ended.failure);
  }
  return outcome;
}

async function readPlainly(shard: Shard) {
  const problems: unknown[] = [];
  const documents: CorpusDocument[] = [];
  const options = {
    signal: new AbortController().signal,
    onBytes: () => {},
    onProblem: (problem: unknown) => void problems.push(problem),
  };
  for await (const document of readDocuments(shard, options)) documents.push(document);
  return { documents, problems };
}

test('every format, whole or damaged, gives what the plain reader and the plain scan give', async () => {
  const { results, failures, progress } = await scanOnce();
  assert.deepEqual([...failures], []);
  assert.equal(results.size, shards.length);
  for (const shard of shards) {
    const { documents, problems } = await readPlainly(shard);
    const expected = plainScan(samples, rule, documents);
    const result = results.get(shard.name)!;
    assert.deepEqual(result.partial, expected.partial, shard.name);
    assert.deepEqual(result.documents, expected.documents, shard.name);
    assert.deepEqual(result.problems, problems, shard.name);
    assert.equal(result.nRows, expected.nRows, shard.name);
    assert.equal(result.contentBytes, expected.contentBytes, shard.name);
    assert.ok(documents.length > 0, shard.name);
  }
  assert.equal(progress.at(-1)!.done, progress.at(-1)!.total);
});

test('damage keeps the rows before it and says where it is', async () => {
  const { results } = await scanOnce();
  const kinds = (name: string) => results.get(name)!.problems.map(({ kind }) => kind);
  assert.deepEqual(kinds('0.jsonl'), ['no-content', 'not-json']);
  assert.deepEqual(kinds('3.json.gz'), ['truncated']);
  // Until the decoder notices, it gives what is no JSON.
  assert.equal(kinds('4.json.gz').at(-1), 'corrupt');
  assert.deepEqual(kinds('5.jsonl.zst'), ['truncated']);
  assert.deepEqual(kinds('6.jsonl'), ['not-json']);
  const damaged = results.get('3.json.gz')!;
  const problem = damaged.problems[0]!;
  assert.ok(problem.byteOffset > 20_000);
  assert.ok(damaged.nRows > 50);
  for (const document of damaged.documents) assert.ok(document.byteOffset < problem.byteOffset);
});

test('neither the number of workers nor the order of the shards changes a byte', async () => {
  const one = await scan(shards, { workers: 1 });
  for (const [workers, list] of [
    [3, shards],
    [shards.length + 1, shards.toReversed()],
    ['auto', shards],
  ] as const) {
    const other = await scan(list, { workers });
    for (const { name } of shards) assert.deepEqual(other.results.get(name), one.results.get(name), name);
  }
  // The last shard has no other core to share with: its chunks are inflated ahead.
  const alone = await scan(shards.slice(1, 2), { workers: 2 });
  assert.deepEqual(alone.results.get('1.json.gz'), one.results.get('1.json.gz'));
});

test('fragments of a scan over many shards are those of brute force', async () => {
  const list = shards.slice(0, 3);
  const { results } = await scan(list);
  const plain = await Promise.all(
    list.map(async (shard) => ({ shard: shard.index, documents: (await readPlainly(shard)).documents })),
  );
  const found = findFragments({
    samples,
    rule,
    results: list.map((shard) => ({ shard: shard.index, result: results.get(shard.name)! })).toReversed(),
    index: numberSamples(samples, rule),
  });
  assert.deepEqual([...found], bruteForce(samples, rule, plain));
});

test('a shard whose file is gone fails alone, and counts nowhere', async () => {
  const gone = { ...shards[0]!, path: join(folder, 'gone.jsonl'), name: 'gone', nBytes: 500 };
  const { results, failures, progress } = await scan([gone, ...shards.slice(1, 3)]);
  assert.deepEqual([...results.keys()].sort(), ['1.json.gz', '2.jsonl.zst']);
  assert.equal(failures.get('gone')!.byteOffset, 0);
  assert.match(failures.get('gone')!.error.message, /gone\.jsonl/);
  assert.equal(progress.at(-1)!.done, progress.at(-1)!.total);
});

test('a scan thread that dies takes one shard with it; another goes on with the rest', async () => {
  const { index } = shareSamples(samples, rule);
  // The kernel traps as soon as it looks at an index behind the end of its memory.
  const dead = { ...index, address: index.memory.buffer.byteLength - 4 };
  const failures: string[] = [];
  await scanInThreads(dead, shards.slice(0, 3), 1, new AbortController().signal, {
    onBytes: () => {},
    async onOutcome(outcome) {
      assert.equal(outcome.kind, 'failed', 'nothing can have been scanned');
      failures.push(outcome.shard.name);
    },
  });
  assert.deepEqual(failures, ['0.jsonl', '1.json.gz', '2.jsonl.zst']);
});

test('cancelling stops within a second, in the middle of a shard', async () => {
  const path = join(folder, 'large.json.gz');
  const member = gzipSync(rows(0, 20_000));
  writeFileSync(path, Buffer.concat(Array.from({ length: 60 }, () => member)));
  const stop = new AbortController();
  let done = 0;
  const scanning = scan(listShards([path]), {
    signal: stop.signal,
    report: (progress) => {
      done = progress.done;
      if (done > 0) stop.abort();
    },
  });
  let stoppedAt = 0;
  stop.signal.addEventListener('abort', () => {
    stoppedAt = performance.now();
  });
  await assert.rejects(scanning, Cancelled);
  assert.ok(stoppedAt > 0 && performance.now() - stoppedAt < AT_ONCE_MS);
});

test('a reader that leaves early ends the threads, and a thread never runs ahead of the reader', async () => {
  let nBegun = 0;
  const scanning = scanCorpus({
    samples,
    rule,
    shards,
    workers: 2,
    signal: new AbortController().signal,
    report: () => {},
    totalBytes: 0,
    resumedBytes: 0,
    ready: async (shard) => {
      nBegun++;
      return shard;
    },
  });
  let nRead = 0;
  for await (const _ of scanning) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    nRead++;
    assert(nBegun <= nRead + 2, `${nBegun} shards were begun when ${nRead} had been read`);
    if (nRead === 2) break;
  }
  const begun = nBegun;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(nBegun, begun);
  assert(begun < shards.length);
});
