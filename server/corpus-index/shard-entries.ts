// Shards as an index names them: below a root that can move, and with what tells whether they are still what was read.

import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { containedPath } from '../../guard/paths/contained.ts';
import { refuseRelativePath } from '../../guard/paths/file-name.ts';
import { isLinkTarget, linkTargets } from '../../guard/paths/link-targets.ts';
import type { Shard } from '../corpus/shard.ts';
import { walkFolder, walkOptions } from '../corpus/walk-folder.ts';
import { UserError } from '../errors.ts';
import type { IndexedShard } from './index-shard.ts';
import { digestOf, type ShardEntry } from './manifest.ts';

/** The folder that holds all of them. Throws a `UserError` where none does, as with two drives of Windows. */
export function commonRoot(shards: readonly Pick<Shard, 'path' | 'format'>[]): string {
  const folders = shards.map(({ path, format }) => (format === 'folder' ? path : dirname(path)));
  let root = folders[0]!;
  for (const folder of folders) {
    while (!isBelow(root, folder)) {
      const outer = dirname(root);
      if (outer === root) {
        throw new UserError(`No folder holds both ${folders[0]} and ${folder}`, {
          action: 'Build an index for each of them.',
        });
      }
      root = outer;
    }
  }
  return root;
}

const isBelow = (root: string, path: string) =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

/** Path of a shard below the root, with `/` between the parts. */
export const pathBelow = (root: string, { path }: Pick<Shard, 'path'>): string =>
  relative(root, path).split(sep).join('/');

/** Why an index whose corpus has that root cannot name the shard, as a sentence; undefined where it can. */
export function refuseShard(root: string, shard: Pick<Shard, 'path'>): string | undefined {
  const path = pathBelow(root, shard);
  if (path === '') return undefined;
  if (!isBelow(root, shard.path)) return `${shard.path} does not lie below ${root}`;
  const refusal = refuseRelativePath(path, 'this');
  if (refusal === undefined) return undefined;
  // Names that are no UTF-8 are written with backslashes.
  const why = path.includes('\\') ? 'holds a backslash, or bytes that are no UTF-8' : refusal;
  return `${shard.path} cannot be named in an index: below ${root}, its name ${why}`;
}

/** The path of a shard below a root, which may be that of the whole system. */
export const pathOfEntry = (root: string, { path }: Pick<ShardEntry, 'path'>): string => join(root, path);

export function entryOf(root: string, shard: Shard, result: IndexedShard, firstDocument: number): ShardEntry {
  const { name, format, nBytes, modifiedMs, columns, ignore } = shard;
  const { nRows, contentBytes, nDocuments, nProblems } = result;
  return {
    ...{ name, path: pathBelow(root, shard), format, nBytes, modifiedMs, columns },
    ...(ignore === undefined ? {} : { ignore }),
    listing: format === 'folder' ? listingOf(shard) : undefined,
    ...{ nRows, contentBytes, nDocuments, firstDocument, nProblems, removed: false },
  };
}

/** Changes with each file of a folder that is added, removed or written. */
function listingOf({ path: folder, ignore }: Pick<Shard, 'path' | 'ignore'>): string {
  const { files } = walkFolder(folder, walkOptions(ignore));
  return digestOf(JSON.stringify(files.map(({ path, nBytes, modifiedMs }) => [path, nBytes, modifiedMs])));
}

/** Whether what is known of the shard is what reading it now would give, as far as it is asked for in the same way. */
export function isReadAlike(entry: ShardEntry, shard: Shard): boolean {
  if (entry.format !== shard.format || !isDeepStrictEqual(entry.columns ?? {}, shard.columns ?? {}))
    return false;
  // A folder may be listed without its ignore files, and without what lies in another place that is named.
  return shard.format !== 'folder' || (entry.ignore === shard.ignore && entry.nBytes === shard.nBytes);
}

/** The place of the shard now, or why it is not what was read, as a sentence. */
export function locateShard(root: string, entry: ShardEntry): { readonly path: string } | string {
  const path = placeBelow(root, entry.path);
  if (path === undefined) return `${join(root, entry.path)} leads out of ${root}`;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return `${path} is gone`;
  if (entry.format === 'folder') {
    if (!stat.isDirectory()) return `${path} is no folder any more`;
    return listingOf({ ...entry, path }) === entry.listing
      ? { path }
      : `${path} has changed since it was indexed`;
  }
  if (!stat.isFile() || stat.size !== entry.nBytes) return `${path} has changed since it was indexed`;
  return stat.mtimeMs === entry.modifiedMs
    ? { path }
    : `${path} has changed since it was indexed, or was copied without its time (cp -p and rsync -t keep it)`;
}

/** The real path of what lies below the root; undefined where a link leads out of it, and not to the Hub's own blobs. */
export function placeBelow(root: string, path: string): string | undefined {
  const inside = containedPath(root, path === '' ? '.' : path);
  if (inside !== undefined) return inside;
  try {
    const target = realpathSync(join(root, path));
    return isLinkTarget(linkTargets(root), target) ? target : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Shards as an index can find them again, which follows no link out of the corpus: one that only a link leads to, or that
 * lies behind one, is named by where it really is. `root` is that of what the index has already.
 */
export function behindLinks(shards: readonly Shard[], root: string | undefined): readonly Shard[] {
  const around = commonRoot([
    ...(root === undefined ? [] : [{ path: root, format: 'folder' as const }]),
    ...shards,
  ]);
  const isFound = (shard: Shard) => placeBelow(around, pathBelow(around, shard)) !== undefined;
  const outside = shards.filter((shard) => !isFound(shard) && shard.path !== realPathOf(shard));
  if (outside.length === 0) return shards;
  const named = shards.map((shard) =>
    outside.includes(shard) ? { ...shard, path: realPathOf(shard) } : shard,
  );
  return behindLinks(named, root);
}

/** That of a shard; one that is gone has none, and is missed when it is read. */
export function realPathOf({ path }: Pick<Shard, 'path'>): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export const shardOf = (entry: ShardEntry, path: string, index: number): Shard => ({
  index,
  path,
  name: entry.name,
  format: entry.format,
  nBytes: entry.nBytes,
  modifiedMs: entry.modifiedMs,
  files: [],
  ...(entry.columns && { columns: entry.columns }),
  ...(entry.ignore === undefined ? {} : { ignore: entry.ignore }),
});
