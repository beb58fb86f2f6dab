// The page of an index that says what it is made of: one small file that is replaced as a whole. What it does not name
// is not part of the index.

import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isSafeFileName, refuseRelativePath } from '../../guard/paths/file-name.ts';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { ColumnNames, MatchRule } from '../../protocol/study.ts';
import { type ShardFormat, shardFormats } from '../corpus/shard-format.ts';
import { UserError } from '../errors.ts';
import { type Check, flag, has, listOf, oneOf, optional, parseJson, text, whole } from '../json-shape.ts';
import { sync, writeAll } from '../write-all.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import { MAX_DOCUMENTS } from './postings.ts';

export const MANIFEST = 'index.json';
const FORMAT = 'verbatim-index';
const VERSION = 2;
const MAX_MANIFEST_BYTES = 256 << 20;

export interface Manifest {
  readonly rule: MatchRule;
  /** Lines of the gram that stands for a window. */
  readonly gramLines: number;
  /** What the hashes start from: 16 hex digits. */
  readonly seed: string;
  /** Absolute path that the shards' paths start from. */
  readonly root: string;
  readonly segments: readonly SegmentEntry[];
}

export interface SegmentEntry {
  /** Name in the index's folder. */
  readonly file: string;
  readonly nBytes: number;
  /** SHA-256 of its header, in hex. */
  readonly digest: string;
  readonly shards: readonly ShardEntry[];
}

/** A shard as it was when it was read. */
export interface ShardEntry {
  readonly name: string;
  /** Below the root, with `/` between the parts; empty where it is the root itself. */
  readonly path: string;
  readonly format: ShardFormat;
  readonly nBytes: number;
  readonly modifiedMs: number;
  /** For a folder: SHA-256 of the paths, sizes and times of its files, in hex. */
  readonly listing: string | undefined;
  readonly columns: ColumnNames | undefined;
  /** False where ignore files hide none of a folder's files. */
  readonly ignore?: false;
  readonly nRows: number;
  readonly contentBytes: number;
  readonly nDocuments: number;
  /** Number in the segment of its first document. */
  readonly firstDocument: number;
  readonly nProblems: number;
  /** Its documents count no more; they are left out when segments are merged. */
  readonly removed: boolean;
}

/** The shards that count. */
export const presentShards = ({ segments }: Pick<Manifest, 'segments'>): readonly ShardEntry[] =>
  segments.flatMap(({ shards }) => shards).filter(({ removed }) => !removed);

const finite: Check = (value) => typeof value === 'number' && Number.isFinite(value);
/** Significant lines of a window. */
export const MOST_LINES = 10_000;
const lines: Check = (value) => whole(value) && (value as number) >= 1 && (value as number) <= MOST_LINES;
const hex =
  (nDigits: number): Check =>
  (value) =>
    typeof value === 'string' && new RegExp(`^[0-9a-f]{${nDigits}}$`).test(value);
const belowRoot: Check = (value) =>
  value === '' || (typeof value === 'string' && refuseRelativePath(value, 'this') === undefined);
const firstOfPage: Check = (value) =>
  whole(value) && (value as number) % PAGE_DOCUMENTS === 0 && (value as number) < MAX_DOCUMENTS;

const shardShape = has<ShardEntry>({
  name: text,
  path: belowRoot,
  format: oneOf(...shardFormats),
  nBytes: whole,
  modifiedMs: finite,
  listing: optional(hex(64)),
  columns: optional(
    has<ColumnNames>({
      content: optional(text),
      repository: optional(text),
      path: optional(text),
      license: optional(text),
    }),
  ),
  ignore: optional(oneOf(false)),
  nRows: whole,
  contentBytes: whole,
  nDocuments: (value) => whole(value) && (value as number) < MAX_DOCUMENTS,
  firstDocument: firstOfPage,
  nProblems: whole,
  removed: flag,
});

const manifestShape = has<Manifest>({
  rule: has<MatchRule>({ minLines: lines, profile: oneOf('exact-1', 'text-1') }),
  gramLines: lines,
  seed: hex(16),
  root: (value) => typeof value === 'string' && isAbsolute(value),
  segments: listOf(
    has<SegmentEntry>({
      file: (value) => typeof value === 'string' && isSafeFileName(value, 'this'),
      nBytes: whole,
      digest: hex(64),
      shards: listOf(shardShape),
    }),
  ),
});

/** Whether a reader takes it. */
export const isReadable = (manifest: Manifest): boolean => manifestShape(manifest);

/** Undefined where there is none. Throws a `UserError` where it cannot be used. */
export function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, MANIFEST);
  const json = readText(path);
  if (json === undefined) return undefined;
  const envelope = parseJson<{
    readonly format: string;
    readonly version: number;
    readonly checksum: string;
  }>(json, has({ format: text, version: whole, checksum: text }));
  if (envelope?.format !== FORMAT) {
    throw new UserError(`${path} is not the index of a corpus, or was cut off`, {
      action: `Name the folder of an index. If it is this one, remove ${folder} and build it anew: verbatim index build`,
    });
  }
  if (envelope.version > VERSION) {
    throw new UserError(
      `${folder} was written by a newer Verbatim (version ${envelope.version} of the format)`,
      {
        action: 'Update Verbatim, or build the index anew.',
      },
    );
  }
  if (envelope.version < VERSION) {
    throw new UserError(
      `${folder} was written by an earlier Verbatim (version ${envelope.version} of the format)`,
      { action: 'Build the index anew, into another folder or in its place once that is removed.' },
    );
  }
  const body = json.slice(json.indexOf('\n') + 1, -1);
  const manifest = parseJson<Manifest>(body, manifestShape);
  if (!manifest || digestOf(body) !== envelope.checksum || manifest.gramLines > manifest.rule.minLines) {
    throw new UserError(`${path} is damaged`, {
      action: `Remove ${folder}, and build the index anew: verbatim index build`,
    });
  }
  return manifest;
}

function readText(path: string): string | undefined {
  let file: number;
  try {
    file = openRegularFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size > MAX_MANIFEST_BYTES) throw new UserError(`${path} has more bytes than an index needs`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The index is the new one from then on, or the old one where this fails or is cut off. */
export function writeManifest(folder: string, manifest: Manifest): void {
  const body = JSON.stringify(manifest);
  // The first line is JSON without its end, so that the file as a whole is JSON, too.
  const head = JSON.stringify({ format: FORMAT, version: VERSION, checksum: digestOf(body) });
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    writeSynced(draft, `${head.slice(0, -1)},"index":\n${body}}`);
    renameSync(draft, join(folder, MANIFEST));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
}

function writeSynced(path: string, content: string): void {
  const file = openSync(path, 'wx');
  try {
    writeAll(file, path, Buffer.from(content), 0);
    sync(file, path);
  } finally {
    closeSync(file);
  }
}

/** What was renamed in it stays so when the power fails; Windows knows no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export const digestOf = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const seedOf = ({ seed }: Pick<Manifest, 'seed'>): bigint => BigInt(`0x${seed}`);
