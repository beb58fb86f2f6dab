// What a corpus is made of: an ordered list of shards. Listing looks at names and sizes only; nothing is
// opened here. The order (code units of the path) is part of every result, so it never depends on a disk.

import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';

export type ShardFormat = 'jsonl' | 'jsonl.gz' | 'jsonl.zst' | 'folder';

export interface Shard {
  readonly index: number;
  /** Absolute path of the file, or of the folder whose files are the documents. */
  readonly path: string;
  readonly name: string;
  readonly format: ShardFormat;
  /** Bytes on disk: the unit of progress. */
  readonly nBytes: number;
  /** Of the file, or of the newest file in the folder: says whether it changed since a scan. */
  readonly modifiedMs: number;
  /** For a folder: its files in document order, relative to `path`, with `/` between the parts. */
  readonly files: readonly string[];
}

const formats: readonly (readonly [RegExp, ShardFormat])[] = [
  [/\.(jsonl|ndjson)$/i, 'jsonl'],
  [/\.(jsonl|ndjson|json)\.gz$/i, 'jsonl.gz'],
  [/\.(jsonl|ndjson|json)\.zst$/i, 'jsonl.zst'],
];

/** Folders that hold no training text of their own. */
const skippedFolders = new Set(['.git', '.hg', '.svn', 'node_modules', '.verbatim']);

export function shardFormat(path: string): ShardFormat | undefined {
  return formats.find(([pattern]) => pattern.test(path))?.[1];
}

/**
 * The shards of a corpus. A path is a shard file, a folder with shard files in it (then only those count),
 * or a folder of source files (then it is one shard, a document a file).
 */
export function listShards(paths: readonly string[]): readonly Shard[] {
  const shards = paths.flatMap((path) => shardsAt(resolve(path)));
  if (shards.length === 0) {
    throw new UserError('The corpus is empty: no path was given', {
      action: 'Name at least one shard file or folder of training data.',
    });
  }
  return shards.map((shard, index) => ({ ...shard, index }));
}

function shardsAt(path: string): Omit<Shard, 'index'>[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    throw new UserError(`The corpus path ${path} does not exist`, {
      action: 'Check the path: a shard file (.jsonl, .json.gz, .jsonl.zst) or a folder.',
    });
  }
  if (!stat.isDirectory()) {
    const format = shardFormat(path);
    if (!format) {
      throw new UserError(`${path} is no shard file`, {
        action:
          'Shards end in .jsonl, .json.gz, .jsonl.gz or .jsonl.zst; for plain source files, name their folder.',
      });
    }
    return [shardFile(path, format)];
  }
  const files = listFiles(path);
  const shardFiles = files.filter((file) => shardFormat(file));
  if (shardFiles.length > 0) return shardFiles.map((file) => shardFile(file, shardFormat(file)!));
  if (files.length === 0) {
    throw new UserError(`The corpus folder ${path} holds no documents`, {
      action: 'Choose a folder with shard files (.jsonl, .json.gz, .jsonl.zst) or with source files.',
    });
  }
  const stats = files.map((file) => statSync(file));
  return [
    {
      path,
      name: basename(path),
      format: 'folder',
      nBytes: stats.reduce((sum, s) => sum + s.size, 0),
      modifiedMs: stats.reduce((newest, s) => Math.max(newest, s.mtimeMs), 0),
      files: files.map((file) => relative(path, file).split(sep).join('/')),
    },
  ];
}

function shardFile(path: string, format: ShardFormat): Omit<Shard, 'index'> {
  const stat = statSync(path);
  return { path, name: basename(path), format, nBytes: stat.size, modifiedMs: stat.mtimeMs, files: [] };
}

/** Every regular file below a folder, in code-unit order. Links are not followed: a link can loop. */
function listFiles(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new UserError(`The folder ${folder} cannot be read`, {
      action: 'Check its permissions.',
      cause,
    });
  }
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) found.push(...listFiles(path));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
