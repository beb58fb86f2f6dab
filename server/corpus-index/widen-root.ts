// The root of an index that comes to know shards beside those that it has.

import { UserError } from '../errors.ts';
import { type Manifest, presentShards, type ShardEntry } from './manifest.ts';
import { commonRoot, pathBelow, pathOfEntry, placeBelow, refuseShard } from './shard-entries.ts';

/**
 * An index whose shards are named from the folder that holds another, too. A link leads to some from the old root that may not be
 * followed from the new one: these are named by where they really are. Throws a `UserError` where an index cannot name them.
 */
export function widenRoot(manifest: Manifest, other: string): Manifest {
  const known = presentShards(manifest);
  let root = commonRoot([manifest.root, other].map(asFolder));
  if (root === manifest.root) return manifest;
  const moved = new Map<ShardEntry, string>();
  for (let nMoved = -1; nMoved < moved.size; ) {
    nMoved = moved.size;
    for (const entry of known) {
      const real = placeBelow(manifest.root, entry.path);
      const path = pathOfEntry(manifest.root, entry);
      if (real !== undefined && placeBelow(root, pathBelow(root, { path })) === undefined)
        moved.set(entry, real);
    }
    root = commonRoot([asFolder(root), ...Array.from(moved, ([{ format }, path]) => ({ path, format }))]);
  }
  const refused = [manifest.root, ...moved.values()].map((path) => refuseShard(root, { path }));
  const refusal = manifest.segments.length > 0 ? refused.find((one) => one !== undefined) : undefined;
  if (refusal !== undefined) {
    throw new UserError(refusal, {
      action: 'Rename that folder and build the index anew, or build an index of its own for the new shards.',
    });
  }
  const segments = manifest.segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((entry) => {
      const path = moved.get(entry) ?? pathOfEntry(manifest.root, entry);
      return { ...entry, path: pathBelow(root, { path }) };
    }),
  }));
  return { ...manifest, root, segments };
}

const asFolder = (path: string) => ({ path, format: 'folder' as const });
