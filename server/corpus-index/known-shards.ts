// What of the shards that are added an index has already: every file counts once, whenever it was named.

import { realpathSync } from 'node:fs';
import nodePath, { join } from 'node:path';
import { isBelow } from '../../guard/paths/contained.ts';
import { type DistinctShards, leaveOutDuplicates } from '../corpus/duplicate-shards.ts';
import type { Shard } from '../corpus/shard.ts';
import { walkFolder, walkOptions } from '../corpus/walk-folder.ts';
import { type Manifest, presentShards } from './manifest.ts';
import { isReadAlike, locateShard, pathOfEntry, realPathOf, shardOf } from './shard-entries.ts';

export interface FreshShards extends DistinctShards {
  /** Shards that are not added, each with the reason as a sentence. */
  readonly refused: ReadonlyMap<Shard, string>;
}

/** Shards that the index holds unchanged come first, and are among them. */
export async function leaveOutKnown(
  manifest: Manifest | undefined,
  folder: string,
  listed: readonly Shard[],
  signal: AbortSignal,
): Promise<FreshShards> {
  const known = manifest ? unchangedShards(manifest) : [];
  const namedNow = new Map(listed.map((shard) => [shard.path, shard]));
  const isKnown = new Set(
    known
      .filter(({ entry, shard }) => isAlike(entry, namedNow.get(shard.path)))
      .map(({ shard }) => shard.path),
  );
  const elsewhere = known.filter(({ shard }) => !namedNow.has(shard.path));
  const refused = new Map<Shard, string>();
  const wanted = listed.filter((shard) => {
    const other = isKnown.has(shard.path)
      ? undefined
      : elsewhere.find((each) => shareFiles(shard, each.shard));
    if (!other) return true;
    refused.set(
      shard,
      `${shard.path} and ${other.shard.path}, which the index has, hold the same files: it is not added. ` +
        `To have it instead, first run: verbatim index remove ${folder} --shard ${other.entry.path || other.entry.name}`,
    );
    return false;
  });
  const [old, fresh] = [
    wanted.filter(({ path }) => isKnown.has(path)),
    wanted.filter(({ path }) => !isKnown.has(path)),
  ];
  return {
    ...(await leaveOutDuplicates(
      [...old, ...fresh],
      signal,
      elsewhere.map(({ shard }) => shard),
    )),
    refused,
  };
}

/** One that is named by a link now, and was indexed where that leads, is the shard that the index has. */
export function namedAsKnown(manifest: Manifest, listed: readonly Shard[]): readonly Shard[] {
  const known = new Set(presentShards(manifest).map((entry) => pathOfEntry(manifest.root, entry)));
  return listed.map((shard) => {
    if (known.has(shard.path)) return shard;
    const path = realPathOf(shard);
    return known.has(path) ? { ...shard, path } : shard;
  });
}

function unchangedShards(manifest: Manifest) {
  const { root } = manifest;
  return presentShards(manifest)
    .filter((entry) => typeof locateShard(root, entry) !== 'string')
    .map((entry) => ({ entry, shard: shardOf(entry, pathOfEntry(root, entry), 0) }));
}

const isAlike = (entry: Parameters<typeof isReadAlike>[0], shard: Shard | undefined) =>
  shard !== undefined && isReadAlike(entry, shard);

/** Whether a folder of source files holds files of the other, which lies in it or around it. */
function shareFiles(a: Shard, b: Shard): boolean {
  if (![a, b].every(({ format }) => format === 'folder' || format === 'text')) return false;
  const [one, other] = [realpathSync(a.path), realpathSync(b.path)];
  // One folder under two names is told by its place.
  if (one === other || !(isBelow(nodePath, one, other) || isBelow(nodePath, other, one))) return false;
  const files = new Set(filesOf(a, one));
  return filesOf(b, other).some((path) => files.has(path));
}

/** Files of what was listed are known; those of what is in the index are listed anew. */
function filesOf({ format, ignore, files }: Shard, path: string): readonly string[] {
  if (format !== 'folder') return [path];
  const names =
    files.length > 0 ? files : walkFolder(path, walkOptions(ignore)).files.map((file) => file.path);
  return names.map((name) => join(path, name));
}
