// What is done to an index that is there: shards are removed, segments merged, damaged ones read anew.

import { join } from 'node:path';
import { listShards, type Shard } from '../corpus/shard.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { PostingKernel } from '../kernel/posting-kernel.ts';
import { type BuildOutcome, type BuildRequest, buildIndex } from './build-index.ts';
import type { Manifest, SegmentEntry, ShardEntry } from './manifest.ts';
import { MAX_DOCUMENTS } from './postings.ts';
import { DamagedSegment, SegmentFile } from './segment-file.ts';
import { locateShard, shardOf } from './shard-entries.ts';
import { sourceOfSegments } from './source-of-segments.ts';
import { pagesOf } from './source-of-shards.ts';
import { WritableIndex } from './writable-index.ts';
import { type StoredShardFacts, writeSegment } from './write-segment.ts';

/** Shards by name or by path below the root. Returns those that count no more. */
export function removeShards(folder: string, names: readonly string[]): readonly ShardEntry[] {
  using index = new WritableIndex(folder);
  const before = index.existing();
  const isNamed = ({ name, path, removed }: ShardEntry) =>
    !removed && (names.includes(name) || names.includes(path));
  const removed = shardsOf(before).filter(isNamed);
  const unknown = names.find(
    (wanted) => !removed.some(({ name, path }) => wanted === name || wanted === path),
  );
  if (unknown !== undefined) {
    throw new UserError(`${folder} has no shard ${unknown}`, {
      action: `See its shards: verbatim index info ${folder}`,
    });
  }
  const segments = before.segments
    .map((segment) => ({
      ...segment,
      shards: segment.shards.map((shard) => (isNamed(shard) ? { ...shard, removed: true } : shard)),
    }))
    .filter((segment) => segment.shards.some((shard) => !shard.removed));
  index.replace({ ...before, segments });
  return removed;
}

/** Makes as few segments as there can be, without what was removed. Returns how many there are then. */
export async function mergeSegments(folder: string, signal: AbortSignal): Promise<number> {
  using index = new WritableIndex(folder);
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
  request: Pick<BuildRequest, 'workers' | 'signal' | 'report'>,
): Promise<RepairOutcome> {
  const damaged: SegmentEntry[] = [];
  let shards: readonly Shard[];
  {
    using index = new WritableIndex(folder);
    const before = index.existing();
    for (const entry of before.segments) {
      throwIfAborted(request.signal);
      if (isDamaged(folder, entry)) damaged.push(entry);
    }
    if (damaged.length === 0) return { damaged: [], build: undefined };
    shards = damaged.flatMap((segment) => shardsAgain(before.root, segment));
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

/** Listed today: what changed meanwhile is read as it is now. */
function shardsAgain(root: string, segment: SegmentEntry): readonly Shard[] {
  return segment.shards
    .filter(({ removed }) => !removed)
    .flatMap((entry) => {
      const place = locateShard(root, entry);
      const path = typeof place === 'string' ? join(root, entry.path) : place.path;
      if (entry.format !== 'folder' && typeof place !== 'string') return [shardOf(entry, path, 0)];
      return listShards([path], entry.columns, entry.ignore).filter((shard) => shard.format === entry.format);
    });
}

const shardsOf = ({ segments }: Manifest) => segments.flatMap(({ shards }) => shards);
