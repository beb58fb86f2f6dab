// Shards that ask for more than their bytes: what they take is bounded, what is wrong is named, nothing else ends.

import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DataProblem } from '../../../protocol/errors.ts';
import { parseRow } from '../../../server/corpus/parse-row.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { MAX_ROW_BYTES } from '../../../server/corpus/read-rows.ts';
import { type ReopenRequest, reopenRow } from '../../../server/corpus/reopen-row.ts';
import { RowReader } from '../../../server/corpus/row-reader.ts';
import { listShards, type Shard } from '../../../server/corpus/shard.ts';
import { UserError } from '../../../server/errors.ts';
import { runGuarded } from '../../../server/guard/run-guarded.ts';
import { collectGarbage } from '../../../server/spare-memory.ts';
import { parseObject } from '../../../server/text/parse-json.ts';
import { scratchFolder } from '../../support/scratch.ts';

const seeds = join(import.meta.dirname, '../../fuzz/seeds/parquet');
const shardAt = (path: string): Shard => listShards([path])[0]!;
const { signal } = new AbortController();

async function read(path: string) {
  const problems: DataProblem[] = [];
  let nDocuments = 0;
  const onProblem = (problem: DataProblem) => problems.push(problem);
  for await (const _ of readDocuments(shardAt(path), { signal, onBytes: () => {}, onProblem })) nDocuments++;
  return { nDocuments, problems };
}

test('Parquet: failures that the library waits for nowhere are problems of the shard', async (t) => {
  const leaked: unknown[] = [];
  const onLeak = (error: unknown) => leaked.push(error);
  process.on('unhandledRejection', onLeak);
  t.after(() => process.off('unhandledRejection', onLeak));
  for (const name of ['unhandled.parquet', 'unhandled-server.parquet']) {
    const { problems } = await read(join(seeds, name));
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['corrupt'],
      name,
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(leaked, []);
});

test('Parquet: a group that cannot be read leaves the others as they are', async () => {
  const { nDocuments, problems } = await read(join(seeds, 'unhandled.parquet'));
  assert.equal(nDocuments, 18);
  assert.match(problems[0]!.message, /rows 12 to 23 \(row group 1\)/);
});

test('Parquet: a file that the library never ends with is given up', async () => {
  const path = join(seeds, 'hang.parquet');
  const request: ReopenRequest = {
    shard: shardAt(path),
    place: { row: 0, byteOffset: 0, path: '' },
    restart: undefined,
  };
  const url = new URL('../../../server/corpus/reopen-worker.ts', import.meta.url);
  await assert.rejects(
    runGuarded(url, request, { what: path, stallMs: 700, memoryBytes: 1 << 30 }),
    (error: unknown) => error instanceof UserError && /hang\.parquet is given up/.test(error.message),
  );
});

test('rows are read again in a thread of their shard, also after one that could not be', async () => {
  const path = join(scratchFolder(), 'x.jsonl');
  writeFileSync(path, '{"content":"one"}\n{"content":"two"}\n');
  const other = join(scratchFolder(), 'y.jsonl');
  writeFileSync(other, '{"content":"three"}\n');
  using reader = new RowReader(signal);
  const shards = new Map([path, other].map((each) => [each, shardAt(each)]));
  const read = async (at: string, byteOffset: number) => {
    const place = { row: byteOffset === 0 ? 0 : 1, byteOffset, path: '' };
    const text = await reader.read({ shard: shards.get(at)!, place, restart: undefined });
    return text && Buffer.from(text).toString();
  };
  assert.deepEqual(
    [await read(path, 18), await read(path, 0), await read(other, 0)],
    ['two', 'one', 'three'],
  );
  rmSync(other);
  await assert.rejects(read(other, 0));
  assert.equal(await read(path, 18), 'two');
});

test('a row of a few hundred kilobytes that unpacks to more than any document is named, never shown', async () => {
  const path = join(scratchFolder(), 'x.jsonl.gz');
  const mebibyte = gzipSync(Buffer.alloc(1 << 20, 0x61));
  const filled = Array.from({ length: MAX_ROW_BYTES >> 20 }, () => mebibyte);
  writeFileSync(
    path,
    Buffer.concat([gzipSync('{"content":"'), ...filled, gzipSync('a"}\n{"content":"b"}\n')]),
  );
  assert(statSync(path).size < 1 << 20);
  const { nDocuments, problems } = await read(path);
  assert.equal(nDocuments, 1);
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['expands'],
  );
  await assert.rejects(
    reopenRow(shardAt(path), { row: 0, byteOffset: 0, path: '' }, undefined, signal),
    (error: unknown) => error instanceof UserError && /longer than/.test(error.message),
  );
});

test('a row takes no more memory than its bytes, however many strings it says it has', () => {
  const row = (text: string) => Buffer.from(text);
  const before = heldBytes();
  const many = parseObject(row(`{"a":[${'"x",'.repeat(1_000_000)}"x"],"b":"c"}`));
  assert(many !== 'not-json');
  assert.equal(Buffer.from((many.get('b') as { bytes: Uint8Array }).bytes).toString(), 'c');
  const keys = parseObject(row(`{${Array.from({ length: 300_000 }, (_, i) => `"${i}":""`).join()}}`));
  assert(keys !== 'not-json' && keys.size <= 10_000);
  const long = parseRow(row(`{"content":"${'ab\\n'.repeat(2_000_000)}"}`));
  assert(typeof long === 'object' && long.content.length === 6_000_000);
  const heldMb = (heldBytes() - before) / 1e6;
  assert(heldMb < 32, `${heldMb} MB`);
  // Held until here.
  assert(many.size + keys.size + long.content.length > 0);
});

/** Bytes of the heap without what nobody holds any more: how much of that there is depends on when V8 collects. */
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
