// What a corpus is made of: an ordered list of shards. Listing looks at names and sizes, and into files whose names say
// nothing. The order (code units of the path) is part of every result, so it never depends on a disk.

import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { irregularKind } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { formatInFolder } from './folder-format.ts';
import { namedFormat, type ShardFormat } from './shard-format.ts';
import { type FoundFile, walkFolder } from './walk-folder.ts';

export interface Shard {
  readonly index: number;
  /** Absolute path of the file, or of the folder whose files are the documents. */
  readonly path: string;
  /** Its name in reports: the path below the corpus folder that was named, with `/` between the parts. */
  readonly name: string;
  readonly format: ShardFormat;
  /** Bytes on disk: the unit of progress. */
  readonly nBytes: number;
  /** Time of the file, or of the newest file in the folder: says whether it changed since a scan. */
  readonly modifiedMs: number;
  /** For a folder: its files in document order, relative to `path`, with `/` between the parts. */
  readonly files: readonly string[];
  /** What the user says of the columns; the rest goes by convention (`resolveColumns`). */
  readonly columns?: ColumnNames;
  /** What listing could not take in. */
  readonly problems?: readonly DataProblem[];
  /** Source of a file that may not be there yet. */
  readonly hub?: HubFile;
}

/** One file of a Hub repository at a fixed commit. */
export interface HubFile {
  readonly repository: string;
  readonly kind: 'model' | 'dataset';
  /** 40 hex digits. */
  readonly commit: string;
  readonly path: string;
  /** SHA-256 of a large file's content, git's SHA-1 of a small one's. */
  readonly hash: string;
}

/**
 * The shards of a corpus. A path is a shard file, one text file, or a folder. In a folder every shard file is
 * a shard, in order, and its other text files together are one more, a document a file.
 */
export function listShards(paths: readonly string[], columns?: ColumnNames): readonly Shard[] {
  const shards = paths.flatMap((path) => shardsAt(resolve(path), columns));
  if (shards.length === 0) {
    throw new UserError('The corpus is empty: no path was given', {
      action: 'Name at least one shard file or folder of training data.',
    });
  }
  return shards.map((shard, index) => ({ ...shard, index, ...(columns && { columns }) }));
}

type Unnumbered = Omit<Shard, 'index'>;

function shardsAt(path: string, columns: ColumnNames | undefined): Unnumbered[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    throw new UserError(`The corpus path ${path} does not exist`, {
      action:
        'Check the path: a shard file (.jsonl, .json.gz, .jsonl.zst, .parquet), a text file or a folder.',
    });
  }
  if (stat.isDirectory()) return shardsInFolder(path, columns);
  const kind = irregularKind(stat);
  if (kind !== undefined) {
    throw new UserError(`${path} is ${kind}, and a corpus is made of files`, {
      action: 'Name a file or a folder.',
    });
  }
  const format = namedFormat(path);
  if (format) return [fileShard(path, basename(path), format, stat.size, stat.mtimeMs)];
  throw new UserError(`${path} is no shard file`, {
    action:
      'Shards end in .jsonl, .json.gz, .jsonl.gz, .jsonl.zst, .parquet or .txt; for source files, name their folder.',
  });
}

function shardsInFolder(folder: string, columns: ColumnNames | undefined): Unnumbered[] {
  const { files, problems } = walkFolder(folder);
  const shards: Unnumbered[] = [];
  const documents: FoundFile[] = [];
  for (const file of files) {
    const format = formatInFolder(join(folder, file.path), columns);
    if (format)
      shards.push(fileShard(join(folder, file.path), file.path, format, file.nBytes, file.modifiedMs));
    else documents.push(file);
  }
  const described = shards.length > 0 ? documents.filter((file) => !describesData(file.path)) : documents;
  if (described.length > 0 || problems.length > 0) shards.push(folderShard(folder, described, problems));
  if (shards.length === 0) {
    throw new UserError(`The corpus folder ${folder} holds no documents`, {
      action:
        'Choose a folder with shard files (.jsonl, .json.gz, .jsonl.zst, .parquet) or with source files.',
    });
  }
  return shards;
}

const fileShard = (
  path: string,
  name: string,
  format: ShardFormat,
  nBytes: number,
  modifiedMs: number,
): Unnumbered => ({ path, name, format, nBytes, modifiedMs, files: [] });

function folderShard(
  path: string,
  files: readonly FoundFile[],
  problems: readonly DataProblem[],
): Unnumbered {
  return {
    path,
    name: basename(path),
    format: 'folder',
    nBytes: files.reduce((sum, file) => sum + file.nBytes, 0),
    modifiedMs: files.reduce((newest, file) => Math.max(newest, file.modifiedMs), 0),
    files: files.map((file) => file.path),
    problems,
  };
}

/** Files at the top of a data set that tell of it and are no part of it. */
const describesData = (path: string): boolean =>
  /^(\.gitattributes|(readme|licen[cs]e|copying|notice|citation|changelog|dataset_infos?|croissant|data_?card)(\.[a-z]+)?)$/i.test(
    path,
  );
