// Corpora on the disk with an index, for the tests of the index: written, built, and asked beside a scan.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { MatchRule } from '../../protocol/study.ts';
import { listShards, type Shard } from '../../server/corpus/shard.ts';
import { type BuildOutcome, type BuildRequest, buildIndex } from '../../server/corpus-index/build-index.ts';
import type { Fragment, SampleInput, ShardResult } from '../../server/engine/detection.ts';
import { findFragments } from '../../server/engine/find-fragments.ts';
import { buildKernel } from '../../server/kernel/build-wasm.mjs';
import { ScanKernel } from '../../server/kernel/scan-kernel.ts';
import { kernelScanner } from '../../server/kernel/scan-shard.ts';
import { shareSamples } from '../../server/kernel/share-index.ts';

await buildKernel();

export interface Written {
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly text: string | Uint8Array;
}

/** JSON strings hold no bytes that are no UTF-8; such texts come out as what a decoder makes of them. */
const row = ({ text, repository, path, license }: Written) =>
  `${JSON.stringify({ content: Buffer.from(text).toString('utf8'), repo_name: repository, path, license })}\n`;

/** The format follows from the name. A name that ends in `/` is a folder of files. */
export function writeShard(folder: string, name: string, documents: readonly Written[]): string {
  const path = join(folder, name);
  if (name.endsWith('/')) {
    for (const document of documents) {
      mkdirSync(dirname(join(path, document.path)), { recursive: true });
      writeFileSync(join(path, document.path), document.text);
    }
    return path.slice(0, -1);
  }
  const rows = Buffer.from(documents.map(row).join(''));
  const pack = name.endsWith('.gz')
    ? gzipSync
    : name.endsWith('.zst')
      ? zstdCompressSync
      : (bytes: Buffer) => bytes;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, pack(rows));
  return path;
}

export function build(
  folder: string,
  corpus: readonly string[],
  rule?: MatchRule,
  more: Partial<BuildRequest> = {},
): Promise<BuildOutcome> {
  return buildIndex({
    folder,
    shards: listShards(corpus),
    ...(rule && { rule }),
    workers: 1,
    signal: new AbortController().signal,
    report() {},
    ...more,
  });
}

export interface Scanned {
  readonly results: readonly { readonly shard: Shard; readonly result: ShardResult }[];
  readonly fragments: readonly Fragment[];
}

/** What a scan of the shards finds, in this thread. */
export async function scan(
  shards: readonly Shard[],
  samples: readonly SampleInput[],
  rule: MatchRule,
): Promise<Scanned> {
  const { index, lines } = shareSamples(samples, rule);
  const kernel = new ScanKernel(index);
  const scanner = kernelScanner(kernel);
  const results: { shard: Shard; result: ShardResult }[] = [];
  for (const shard of shards) {
    const hooks = { signal: new AbortController().signal, onBytes() {}, readAhead: 'none' as const };
    results.push({ shard, result: await scanner.scan(shard, hooks) });
  }
  const scanned = results.map(({ result }, shard) => ({ shard, result }));
  return { results, fragments: [...findFragments({ samples, rule, results: scanned, index: lines })] };
}
