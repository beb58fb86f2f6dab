// Shard files that hold the same bytes: counting one twice would double every number, so the later one is
// left out and named. Only files of equal size are read.

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { throwIfAborted } from '../errors.ts';
import { type FileCounts, FileTally } from './file-tally.ts';
import { openShardFile } from './open-shard.ts';
import { findPackedTwins } from './packed-twins.ts';
import type { Shard } from './shard.ts';

export interface DistinctShards {
  /** Numbered anew. */
  readonly shards: readonly Shard[];
  /** One sentence for each that was left out. */
  readonly duplicates: readonly string[];
  /** Those that were left out, as files. */
  readonly passed: FileCounts;
}

/** `known` are counted elsewhere: who holds the same is left out, and they are not among the shards that come out. */
export async function leaveOutDuplicates(
  listed: readonly Shard[],
  signal: AbortSignal,
  known: readonly Shard[] = [],
): Promise<DistinctShards> {
  const firstOf = new Map<string, Shard>();
  const shards: Shard[] = [];
  const duplicates: string[] = [];
  const tally = new FileTally();
  const heads = new Map<Shard, Promise<string>>();
  const all = [...known, ...listed];
  const sizes = Map.groupBy(all, (shard) => (isOneFile(shard) ? shard.nBytes : -1));
  for (const [i, shard] of all.entries()) {
    const rivals = isOneFile(shard) && shard.nBytes > 0 ? sizes.get(shard.nBytes)! : [shard];
    const key =
      rivals.length > 1
        ? await digest(shard, rivals, heads, signal)
        : `${shard.format} ${resolved(shard.path)}`;
    const first = firstOf.get(key);
    if (i < known.length) {
      if (!first) firstOf.set(key, shard);
    } else if (first) {
      duplicates.push(
        first.path === shard.path
          ? `${shard.path} is named twice and counts once`
          : `${shard.path} holds the same bytes as ${first.path} and is left out`,
      );
      if (shard.format !== 'folder') tally.add({ state: 'passed-over', reason: 'duplicate' }, shard.path);
    } else {
      firstOf.set(key, shard);
      shards.push(shard);
    }
  }
  const twins = await findPackedTwins(shards, signal, known);
  for (const [shard, first] of twins) {
    duplicates.push(`${shard.path} holds the same rows as ${first.path}, in another form, and is left out`);
    tally.add({ state: 'passed-over', reason: 'duplicate' }, shard.path);
  }
  const distinct = shards.filter((shard) => !twins.has(shard)).map((shard, index) => ({ ...shard, index }));
  return { shards: distinct, duplicates, passed: tally.all() };
}

/** What is not on the disk is compared by its place on the Hub, or on another machine. */
const isOneFile = (shard: Shard) => shard.format !== 'folder' && !shard.hub && !shard.remote;

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const HEAD_BYTES = 64 << 10;
const BLOCK_BYTES = 4 << 20;

/** Digest of a shard's content; the first bytes suffice if they already differ from every rival's. */
async function digest(
  shard: Shard,
  rivals: readonly Shard[],
  heads: Map<Shard, Promise<string>>,
  signal: AbortSignal,
): Promise<string> {
  for (const rival of rivals) if (!heads.has(rival)) heads.set(rival, head(rival));
  const own = await heads.get(shard)!;
  const all = await Promise.all(rivals.map((rival) => heads.get(rival)!));
  if (all.filter((other) => other === own).length === 1) return `${shard.format} head ${own}`;
  const hash = createHash('sha256');
  await using file = await openShardFile(shard);
  for (let at = 0; ; ) {
    throwIfAborted(signal);
    const block = await file.read(at, BLOCK_BYTES);
    if (block.length === 0) return `${shard.format} whole ${hash.digest('hex')}`;
    hash.update(block);
    at += block.length;
  }
}

/** A file that cannot be read is like no other: its trouble is told when it is scanned. */
async function head(shard: Shard): Promise<string> {
  try {
    await using file = await openShardFile(shard);
    const bytes = await file.read(0, HEAD_BYTES);
    return createHash('sha256').update(bytes).digest('hex');
  } catch {
    return shard.path;
  }
}
