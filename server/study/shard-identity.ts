// Whether what a shard was read from is still what it was: told by size and time, not by reading it.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../corpus/name-bytes.ts';
import type { Shard } from '../corpus/shard.ts';
import type { StoredShard } from '../store/shards-table.ts';

/** Why a document of the shard cannot be read again, as a sentence; undefined when it can. */
export function whatChanged(shard: Omit<StoredShard, 'state'>, path: string): string | undefined {
  // What lies elsewhere tells so itself when it is read.
  if (shard.remote) return undefined;
  const file = shard.format === 'folder' ? join(shard.path, path) : shard.path;
  const stat = statSync(onDisk(file), { throwIfNoEntry: false });
  if (!stat) {
    return shard.hub
      ? `${shard.name} of ${shard.hub.repository} is not on this machine (any more)`
      : `${file} is gone`;
  }
  const isSame =
    shard.format === 'folder'
      ? stat.mtimeMs <= shard.modifiedMs
      : stat.size === shard.nBytes && (shard.hub !== undefined || stat.mtimeMs === shard.modifiedMs);
  return isSame ? undefined : `${file} has changed since the scan`;
}

/** Whether a scan of `stored` still holds for `listed`. A file of the Hub is named by its commit, one of another machine by its tag. */
export function isSameShard(stored: StoredShard, listed: Shard): boolean {
  if (stored.nBytes !== listed.nBytes) return false;
  if (listed.remote) return stored.remote?.tag === listed.remote.tag && listed.remote.tag !== '';
  return listed.hub ? stored.hub?.commit === listed.hub.commit : stored.modifiedMs === listed.modifiedMs;
}
