// Adds shards to an index: threads read them as a scan would, and each few gigabytes become a segment. A build that is
// stopped or killed is gone on with by the same command: what has become a segment is not read again.

import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import type { MatchRule } from '../../protocol/study.ts';
import type { FileCounts } from '../corpus/file-tally.ts';
import type { Shard } from '../corpus/shard.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';
import { BatchWriter, type SegmentQuestion, type Segments } from './batch-writer.ts';
import { leaveOutKnown, namedAsKnown } from './known-shards.ts';
import { type Manifest, MOST_LINES, presentShards, type ShardEntry } from './manifest.ts';
import {
  behindLinks,
  commonRoot,
  isReadAlike,
  locateShard,
  pathOfEntry,
  realPathOf,
  refuseShard,
} from './shard-entries.ts';
import { widenRoot } from './widen-root.ts';
import { noIndex, WritableIndex } from './writable-index.ts';

export interface BuildRequest {
  readonly folder: string;
  /** In the order in which they are listed. */
  readonly shards: readonly Shard[];
  /** Left out: that of the index, which must be there. */
  readonly rule?: MatchRule;
  /** Absolute path of the folder that the corpus of the index was moved to, which is its root from then on. */
  readonly root?: string;
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Text that becomes one segment; smaller in tests. */
  readonly segmentBytes?: number;
  /** This machine unless another is named. */
  readonly writer?: SegmentWriter;
}

export interface BuildOutcome {
  readonly manifest: Manifest;
  readonly nAdded: number;
  /** Shards that are in the index as they are. */
  readonly nKept: number;
  /** A sentence each: shards that could not be read, with the reason. */
  readonly failures: readonly string[];
  readonly nProblems: number;
  /** A sentence each. */
  readonly duplicates: readonly string[];
  /** Shards that are another one's bytes. */
  readonly passed: FileCounts;
  /** All shards but those. */
  readonly paths: readonly string[];
}

/** What a segment is made of at most, in bytes of text: its temporary files are a tenth of that. */
const SEGMENT_BYTES = 4 * 2 ** 30;
/** How much longer text is than it is compressed. */
const EXPANSION = 4;

export async function buildIndex(request: BuildRequest): Promise<BuildOutcome> {
  const { folder, rule, signal } = request;
  if (rule && rule.minLines > MOST_LINES) {
    throw new UserError(`An index has windows of ${MOST_LINES} lines at most, and not of ${rule.minLines}`, {
      action: 'Build it for fewer lines, or scan for so long pieces without an index.',
    });
  }
  using index = new WritableIndex(folder, rule ? 'existing or new' : 'existing');
  if (index.manifest) checkRule(index.manifest, request);
  const stored = index.manifest && movedTo(index.manifest, request.root);
  const asked = stored ? namedAsKnown(stored, request.shards) : request.shards;
  const named = behindLinks(asked, stored?.root);
  const fresh = await leaveOutKnown(stored, folder, named, signal);
  const { shards, duplicates, passed, refused } = fresh;
  const before = stored ?? newManifest(request, shards);
  const wanted = shards.length > 0 ? widenRoot(before, commonRoot(shards)) : before;
  const notAdded = new Map(refused);
  for (const shard of shards) {
    const refusal = refuseShard(wanted.root, shard);
    if (refusal !== undefined) notAdded.set(shard, `${refusal}. Rename it, and add it again.`);
  }
  const listed = shards.filter((shard) => !notAdded.has(shard));
  const { manifest, toRead } = withoutChanged(wanted, listed);
  const about = {
    nKept: listed.length - toRead.length,
    duplicates,
    passed,
    paths: [...listed, ...notAdded.keys()].map(({ path }) => path),
  };
  if (toRead.length === 0) {
    if (manifest !== index.manifest) index.replace(manifest);
    return { manifest, nAdded: 0, failures: [...notAdded.values()], nProblems: 0, ...about };
  }
  const { failures, ...added } = await addSegments(index, manifest, toRead, request);
  const nAdded = toRead.length - failures.length;
  return { ...added, nAdded, failures: [...notAdded.values(), ...failures], ...about };
}

function newManifest({ rule, folder }: BuildRequest, listed: readonly Shard[]): Manifest {
  if (!rule) throw noIndex(folder);
  const gramLines = Math.ceil(rule.minLines / 2);
  return { rule, gramLines, seed: randomBytes(8).toString('hex'), root: commonRoot(listed), segments: [] };
}

function checkRule({ rule: own }: Manifest, { rule, folder }: BuildRequest): void {
  if (!rule || (rule.minLines === own.minLines && rule.profile === own.profile)) return;
  throw new UserError(
    `${folder} is an index of windows of ${own.minLines} lines under ${own.profile}, and not of ${rule.minLines} under ${rule.profile}`,
    { action: 'Give the same values, or build another index.' },
  );
}

/** The index of a corpus that was moved, which is named by its old root until then. */
export function movedTo(manifest: Manifest, root: string | undefined): Manifest {
  if (root === undefined || root === manifest.root) return manifest;
  const shards = presentShards(manifest);
  if (shards.length > 0 && !shards.some((entry) => existsSync(pathOfEntry(root, entry)))) {
    throw new UserError(`None of the shards of the index lies below ${root}`, {
      action: `Name the folder that holds now what lay below ${manifest.root}.`,
    });
  }
  return { ...manifest, root };
}

/** Shards that are there unchanged are not read again; those that changed are read, and what they were counts no more. */
function withoutChanged(manifest: Manifest, listed: readonly Shard[]) {
  const unchanged = new Set<string>();
  const named = new Map(listed.map((shard) => [shard.path, shard]));
  let isChanged = false;
  const segments = manifest.segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((entry): ShardEntry => {
      if (entry.removed) return entry;
      const path = pathOfEntry(manifest.root, entry);
      // A link that leads out of the corpus now: what is behind it may be named itself.
      const shard = named.get(path) ?? named.get(realPathOf({ path }));
      if (!shard) return entry;
      // A folder is listed for that, so only where somebody asks.
      if (typeof locateShard(manifest.root, entry) !== 'string' && isReadAlike(entry, shard)) {
        unchanged.add(shard.path);
        return entry;
      }
      isChanged = true;
      return { ...entry, removed: true };
    }),
  }));
  const toRead = listed.filter(({ path }) => !unchanged.has(path));
  return { manifest: isChanged ? { ...manifest, segments } : manifest, toRead };
}

const textBytes = ({ format, nBytes }: Shard) =>
  format === 'jsonl' || format === 'folder' || format === 'text' ? nBytes : EXPANSION * nBytes;

async function addSegments(
  index: WritableIndex,
  start: Manifest,
  shards: readonly Shard[],
  request: BuildRequest,
): Promise<Pick<BuildOutcome, 'manifest' | 'failures' | 'nProblems'>> {
  const indexed = start.segments.flatMap((segment) => segment.shards);
  const expectedBytes =
    indexed.reduce((sum, { contentBytes }) => sum + contentBytes, 0) +
    shards.reduce((sum, shard) => sum + textBytes(shard), 0);
  const { rule, gramLines, seed, root } = start;
  const { workers, signal, report, writer = writerHere(index) } = request;
  // Whoever goes on with tasks has to ask for the same hashes.
  if (writer.goesOn) index.replace(start);
  let manifest = start;
  const failures: string[] = [];
  let nProblems = 0;
  const made = writer.write({
    question: { rule, gramLines, seed, root, expectedBytes },
    batches: [...inBatches(shards, request.segmentBytes ?? SEGMENT_BYTES)],
    ...{ folder: index.folder, workers, signal, report },
  });
  for await (const part of made) {
    manifest = { ...manifest, segments: [...manifest.segments, ...part.segments] };
    for (const failure of part.failures) failures.push(failure);
    nProblems += part.nProblems;
    index.replace(manifest);
  }
  return { manifest, failures, nProblems };
}

export interface SegmentRequest {
  readonly question: SegmentQuestion;
  /** Shards that are read together. */
  readonly batches: readonly (readonly Shard[])[];
  /** Folder that the segments are put into. */
  readonly folder: string;
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Whoever reads shards into segments. */
export interface SegmentWriter {
  /** Whether another process may go on with what this one has begun. */
  readonly goesOn: boolean;
  write(request: SegmentRequest): AsyncIterable<Segments>;
}

const writerHere = (index: WritableIndex): SegmentWriter => ({
  goesOn: false,
  async *write({ batches, report, signal, ...request }) {
    const totalBytes = batches.flat().reduce((sum, { nBytes }) => sum + nBytes, 0);
    const meter = startMeter(report, 'scan', 'bytes', totalBytes);
    const writer = new BatchWriter();
    for (const batch of batches) {
      throwIfAborted(signal);
      const spill = index.spillFolder();
      let made: Segments;
      try {
        made = await writer.write({ ...request, batch, spill, signal, meter });
      } finally {
        rmSync(spill, { recursive: true, force: true });
      }
      yield made;
    }
  },
});

function* inBatches(shards: readonly Shard[], mostBytes: number): Generator<readonly Shard[]> {
  let batch: Shard[] = [];
  let nBytes = 0;
  for (const shard of shards) {
    batch.push(shard);
    nBytes += textBytes(shard);
    if (nBytes < mostBytes) continue;
    yield batch;
    batch = [];
    nBytes = 0;
  }
  if (batch.length > 0) yield batch;
}
