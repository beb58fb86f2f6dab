// One shard in two forms, such as x.jsonl beside x.jsonl.gz: both hold the same rows, and count once. Told by what they
// hold once they are unpacked, of files whose names say that they may.

import { createHash } from 'node:crypto';
import { readBytes } from './byte-stream.ts';
import type { Shard } from './shard.ts';

/** The shards that hold what an earlier one or a known one holds, each with that one. */
export async function findPackedTwins(
  shards: readonly Shard[],
  signal: AbortSignal,
  known: readonly Shard[] = [],
): Promise<ReadonlyMap<Shard, Shard>> {
  const twins = new Map<Shard, Shard>();
  const isNew = new Set(shards);
  for (const group of Map.groupBy([...known, ...shards].filter(isRows), unpackedPath).values()) {
    if (group.length < 2 || !group.some((shard) => isNew.has(shard))) continue;
    const firstOf = new Map<string, Shard>();
    for (const shard of group) {
      const digest = await unpackedDigest(shard, signal);
      const first = digest === undefined ? undefined : firstOf.get(digest);
      if (first && isNew.has(shard)) twins.set(shard, first);
      else if (!first && digest !== undefined) firstOf.set(digest, shard);
    }
  }
  return twins;
}

const isRows = ({ format, hub, remote, nBytes }: Shard) =>
  format.startsWith('json') && !hub && !remote && nBytes > 0;

const unpackedPath = ({ path }: Shard) => path.replace(/\.(gz|zst|bz2|xz|lz4)$/i, '');

/** Undefined for a shard that cannot be read to its end: it is like no other, and its scan tells why. */
async function unpackedDigest(shard: Shard, signal: AbortSignal): Promise<string | undefined> {
  let isWhole = true;
  const hash = createHash('sha256');
  const onProblem = () => {
    isWhole = false;
  };
  for await (const chunk of readBytes(shard, { signal, onBytes: () => {}, onProblem })) hash.update(chunk);
  return isWhole ? hash.digest('hex') : undefined;
}
