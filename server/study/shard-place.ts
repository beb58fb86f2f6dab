// Whether the file that a study names may be opened again: a study may be a stranger's, and its shards any path there is.
// Told without reading the file.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { contained } from '../../guard/paths/contained.ts';
import { isLinkTarget, linkTargets } from '../../guard/paths/link-targets.ts';
import { irregularKind } from '../../guard/paths/regular-file.ts';
import { onDisk, realPath } from '../corpus/name-bytes.ts';
import { hubSettings } from '../hub-settings.ts';
import type { StoredShard } from '../store/shards-table.ts';

/** Larger texts are no documents that somebody reads, and no editor opens them. */
export const MAX_DOCUMENT_BYTES = 64 << 20;

/** Why not, as a sentence; undefined when it may, and for a file that is gone, which `whatChanged` tells. */
export function refusePlace(shard: StoredShard, path: string): string | undefined {
  if (shard.remote) return `${shard.path} lies on another machine, and nothing is fetched to be shown`;
  const file = shard.format === 'folder' ? join(shard.path, path) : shard.path;
  if (file.includes('\0')) return `${file} is no path: it holds a NUL`;
  const stats = statSync(onDisk(file), { throwIfNoEntry: false });
  if (!stats) return undefined;
  const kind = irregularKind(stats);
  if (kind !== undefined) return `${file} is ${kind}, and documents are read from files`;
  if (shard.format === 'folder') {
    if (path === '' || !isLinkTarget(linkTargets(shard.path), realPath(file))) {
      return `${file} lies outside of ${shard.path}`;
    }
    if (stats.size > MAX_DOCUMENT_BYTES) return tooLarge(file, stats.size);
  }
  // What is said to come from the Hub is known by its commit and not by its time, and lies in the Hub's cache.
  if (shard.hub && !contained(hubSettings().cacheFolder, shard.path)) {
    return `${shard.path} lies outside of the Hub’s cache`;
  }
  return undefined;
}

export const tooLarge = (what: string, nBytes: number) =>
  `${what} has ${nBytes} bytes, and documents above ${MAX_DOCUMENT_BYTES} are not opened`;
