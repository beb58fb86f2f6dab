// What is done to an index that is there: shards are removed, segments merged, damaged ones read anew.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listPlaces, type Shard } from '../corpus/shard.ts';
import { walkOptions } from '../corpus/walk-folder.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { PostingKernel } from '../kernel/posting-kernel.ts';
import { type BuildOutcome, type BuildRequest, buildIndex, movedTo } from './build-index.ts';
import { type Manifest, presentShards, type SegmentEntry, type ShardEntry } from './manifest.ts';
import { MAX_DOCUMENTS } from './postings.ts';
import { DamagedSegment, SegmentFile } from './segment-file.ts';
import { locateShard, shardOf } from './shard-entries.ts';
import { sourceOfSegments } from './source-of-segments.ts';
import { pagesOf } from './source-of-shards.ts';
import { WritableIndex } from './writable-index.ts';
import { type StoredShardFacts, writeSegment } from './write-segment.ts';

/** Shards by name or by path below the root. Returns those that count no more. */
export function removeShards(folder: string, names: readonly string[]): readonly ShardEntry[] {
  using index = new WritableIndex(folder, 'existing');
  const before = index.existing();
  const removed = names.map((name) => shardNamed(before, name, folder));
  const isNamed = (shard: ShardEntry) => removed.includes(shard);
  const segments = before.segments
    .map((segment) => ({
      ...segment,
      shards: segment.shards.map((shard) => (isNamed(shard) ? { ...shard, removed: true } : shard)),
    }))
    .filter((segment) => segment.shards.some((shard) => !shard.removed));
  index.replace({ ...before, segments });
  return removed;
}

/** A shard's path below the root tells it from all others, and its name from most. */
function shardNamed(manifest: Manifest, wanted: string, folder: string): ShardEntry {
  const shards = presentShards(manifest);
  const called = shards.filter(({ name }) => name === wanted);
  const found = shards.find(({ path }) => path === wanted) ?? (called.length === 1 ? called[0] : undefined);
  if (found) return found;
  const action = `See its shards: verbatim index info ${folder}`;
  if (called.length === 0) throw new UserError(`${folder} has no shard ${wanted}`, { action });
  const paths = called.map(({ path }) => path).join(', ');
  throw new UserError(`${folder} has ${called.length} shards ${wanted}: ${paths}`, {
    action: 'Give one of these paths.',
  });
}

/** Makes as few segments as there can be, without what was removed. Returns how many there are then. */
export async function mergeSegments(folder: string, signal: AbortSignal): Promise<number> {
  using index = new WritableIndex(folder, 'existing');
  const before = index.existing();
  const groups = groupSegments(before.segments);
  const segments: SegmentEntry[] = [];
  const kernel = new PostingKernel();
  const nExpected = before.segments.length === 0 ? 0 : postingsOf(folder, before);
  for (const group of groups) {
    throwIfAborted(signal);
    if (group.length === 1 && group[0]!.shards.every((shard) => !shard.removed)) segments.push(group[0]!);
    else segments.push(await mergeOne(folder, group, nExpected, kernel, signal));
  }
  index.replace({ ...before, segments });
  return segments.length;
}

async function mergeOne(
  folder: string,
  group: readonly SegmentEntry[],
  nExpected: number,
  kernel: PostingKernel,
  signal: AbortSignal,
): Promise<SegmentEntry> {
  using open = openAll(folder, group);
  return await writeSegment(folder, sourceOfSegments(open.segments, nExpected), kernel, signal);
}

function openAll(folder: string, entries: readonly SegmentEntry[]) {
  const segments: SegmentFile[] = [];
  const close = () => {
    for (const segment of segments) segment[Symbol.dispose]();
  };
  try {
    for (const entry of entries) segments.push(new SegmentFile(folder, entry));
  } catch (error) {
    close();
    throw error;
  }
  return { segments, [Symbol.dispose]: close };
}

function postingsOf(folder: string, { segments }: Manifest): number {
  using open = openAll(folder, segments);
  return open.segments.reduce((sum, { header }) => sum + header.nPostings, 0);
}

function groupSegments(segments: readonly SegmentEntry[]): readonly (readonly SegmentEntry[])[] {
  const groups: SegmentEntry[][] = [];
  let nDocuments = MAX_DOCUMENTS;
  for (const segment of segments) {
    const n = segment.shards.reduce((sum, shard) => sum + (shard.removed ? 0 : pagesOf(shard.nDocuments)), 0);
    if (nDocuments + n >= MAX_DOCUMENTS) {
      groups.push([]);
      nDocuments = 0;
    }
    groups.at(-1)!.push(segment);
    nDocuments += n;
  }
  return groups;
}

export interface RepairOutcome {
  /** Names of the files that were damaged. */
  readonly damaged: readonly string[];
  /** Undefined where nothing was. */
  readonly build: BuildOutcome | undefined;
}

/** Reads all of an index, and the shards of damaged segments again. */
export async function repairIndex(
  folder: string,
  request: Pick<BuildRequest, 'workers' | 'signal' | 'report' | 'root'>,
): Promise<RepairOutcome> {
  const damaged: SegmentEntry[] = [];
  let shards: readonly Shard[];
  {
    using index = new WritableIndex(folder, 'existing');
    const before = movedTo(index.existing(), request.root);
    for (const entry of before.segments) {
      throwIfAborted(request.signal);
      if (isDamaged(folder, entry)) damaged.push(entry);
    }
    if (damaged.length === 0) {
      if (before !== index.manifest) index.replace(before);
      return { damaged: [], build: undefined };
    }
    shards = damaged.flatMap((segment) => shardsAgain(folder, before, segment));
    index.replace({ ...before, segments: before.segments.filter((entry) => !damaged.includes(entry)) });
  }
  const numbered = shards.map((shard, i) => ({ ...shard, index: i }));
  const build = await buildIndex({ ...request, folder, shards: numbered });
  return { damaged: damaged.map(({ file }) => file), build };
}

function isDamaged(folder: string, entry: SegmentEntry): boolean {
  try {
    using segment = new SegmentFile(folder, entry);
    for (let bucket = 0; bucket < 2 ** segment.header.shape.bucketBits; bucket++)
      segment.visitBucket(bucket, () => true);
    for (let page = 0; page < segment.header.pages.nPieces; page++) segment.page(page);
    for (const [i] of entry.shards.entries())
      for (const point of pointsOf(segment.facts(i))) segment.restart(point);
    return false;
  } catch (error) {
    if (error instanceof DamagedSegment) return true;
    throw error;
  }
}

const pointsOf = ({ restarts, blocks }: StoredShardFacts) => [...restarts, ...blocks];

/** Listed today: what changed meanwhile is read as it is now. A folder that others lie in was listed without them. */
function shardsAgain(folder: string, manifest: Manifest, { shards }: SegmentEntry): readonly Shard[] {
  const { root } = manifest;
  const named = new Set(presentShards(manifest).flatMap((entry) => placesOf(root, entry)));
  return shards
    .filter(({ removed }) => !removed)
    .flatMap((entry) => {
      const place = locateShard(root, entry);
      const path = typeof place === 'string' ? join(root, entry.path) : place.path;
      if (!existsSync(path)) {
        throw new UserError(`${path} is gone, and the part of the index that tells of it is damaged`, {
          action: `Moved: name its folder with --root. Gone for good: verbatim index remove ${folder} --shard ${entry.path || entry.name}`,
        });
      }
      if (entry.format !== 'folder' && typeof place !== 'string') return [shardOf(entry, path, 0)];
      const listed = listPlaces([path], entry.columns, { ...walkOptions(entry.ignore), named });
      return listed.shards.filter((shard) => shard.format === entry.format);
    });
}

function placesOf(root: string, entry: ShardEntry): readonly string[] {
  const place = locateShard(root, entry);
  return entry.format === 'folder' && typeof place !== 'string' ? [place.path] : [];
}
