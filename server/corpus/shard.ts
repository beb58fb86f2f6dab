// What a corpus is made of: an ordered list of shards. Listing looks at names and sizes only; nothing is
// opened here. The order (code units of the path) is part of every result, so it never depends on a disk.

import { statSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import { irregularKind } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { type FileCounts, FileTally, joinCounts } from './file-tally.ts';
import { formatInFolder, isWrappedInFolder } from './folder-format.ts';
import { isUnnamed, namedFormat, type ShardFormat } from './shard-format.ts';
import type { ShardPart } from './shard-part.ts';
import {
  type FoundFile,
  holdsAnotherPlace,
  isMetAgain,
  type WalkOptions,
  walkFolder,
  walkOptions,
} from './walk-folder.ts';

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
  /** False where ignore files hide none of its files. */
  readonly ignore?: false;
  /** Place of the texts, where rows hold only the names of blobs. */
  readonly contents?: string;
  /** What listing could not take in. */
  readonly problems?: readonly DataProblem[];
  /** Left out: all of it. */
  readonly part?: ShardPart;
  /** Source of a file that may not be there yet. */
  readonly hub?: HubFile;
  /** There for a file on another machine, whose address is `path`. */
  readonly remote?: RemoteSource;
}

/** What tells that a file on another machine is still the one that was listed. */
export interface RemoteSource {
  /** Its ETag, or the time of its last change; empty where the machine tells neither. */
  readonly tag: string;
  /** Address of a file of the Hub, whose `path` is its place in the cache. */
  readonly hubAddress?: string;
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

export interface ListedShards {
  readonly shards: readonly Shard[];
  /** The files that are in none of them. */
  readonly passed: FileCounts;
}

/** The shards of a corpus, as `listPlaces` lists them. */
export const listShards = (
  paths: readonly string[],
  columns?: ColumnNames,
  ignore?: boolean,
): readonly Shard[] => listPlaces(paths, columns, walkOptions(ignore)).shards;

/**
 * The shards of a corpus. A path is a shard file, one text file, or a folder. In a folder every shard file is
 * a shard, in order, and its other text files together are one more, a document a file. `options` are shared by all
 * calls for one corpus.
 */
export function listPlaces(
  paths: readonly string[],
  columns?: ColumnNames,
  options: WalkOptions = walkOptions(),
): ListedShards {
  const listed = paths.map((path) => shardsAt(resolve(path), columns, options));
  const shards = listed.flatMap((place) => place.shards);
  if (paths.length === 0) {
    throw new UserError('The corpus is empty: no path was given', {
      action: 'Name at least one shard file or folder of training data.',
    });
  }
  return {
    shards: shards.map((shard, index) => ({
      ...{ ...shard, index },
      ...(columns && { columns }),
      ...(options.ignore === 'disregarded' ? { ignore: false } : {}),
    })),
    passed: joinCounts(listed.map((place) => place.passed)),
  };
}

type Unnumbered = Omit<Shard, 'index'>;

interface ListedPlace {
  readonly shards: readonly Unnumbered[];
  readonly passed: FileCounts;
}

const nothingPassed: FileCounts = { counts: [], unsearched: [] };

function shardsAt(path: string, columns: ColumnNames | undefined, options: WalkOptions): ListedPlace {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    throw new UserError(`The corpus path ${path} does not exist`, {
      action:
        'Check the path: a shard file (.jsonl, .json.gz, .jsonl.zst, .parquet, .arrow, .tar, .zip), a text file or a folder.',
    });
  }
  if (stat.isDirectory()) return shardsInFolder(path, columns, options);
  const kind = irregularKind(stat);
  if (kind !== undefined) {
    throw new UserError(`${path} is ${kind}, and a corpus is made of files`, {
      action: 'Name a file or a folder.',
    });
  }
  const format = isUnnamed(path) ? formatInFolder(path, columns) : namedFormat(path);
  if (format) {
    if (stat.nlink > 1 && isMetAgain(options.met, path, path)) {
      const tally = new FileTally();
      tally.add({ state: 'passed-over', reason: 'link' }, path);
      return { shards: [], passed: tally.all() };
    }
    return {
      shards: [fileShard(path, basename(path), format, stat.size, stat.mtimeMs)],
      passed: nothingPassed,
    };
  }
  throw new UserError(`${path} is no shard file`, {
    action:
      'Shards end in .jsonl, .json.gz, .jsonl.gz, .jsonl.zst, .parquet, .arrow, .tar, .zip or .txt; for source files, name their folder.',
  });
}

function shardsInFolder(folder: string, columns: ColumnNames | undefined, options: WalkOptions): ListedPlace {
  const { files, problems, passed } = walkFolder(folder, options);
  const shards: Unnumbered[] = [];
  const documents: FoundFile[] = [];
  for (const file of files) {
    const format = formatInFolder(join(folder, file.path), columns);
    if (format)
      shards.push(fileShard(join(folder, file.path), file.path, format, file.nBytes, file.modifiedMs));
    else documents.push(file);
  }
  // What programs keep in such files lies beside other files; a folder of nothing else holds data.
  if (documents.every(({ path }) => /\.json$/i.test(path))) {
    for (const file of documents.splice(0)) {
      const path = join(folder, file.path);
      if (isWrappedInFolder(path, columns))
        shards.push(fileShard(path, file.path, 'json', file.nBytes, file.modifiedMs));
      else documents.push(file);
    }
  }
  const described = new FileTally();
  const besideArrow = foldersOfArrow(shards);
  const isDescription = ({ path }: FoundFile) =>
    shards.length > 0 && (describesData(path) || describesArrow(path, besideArrow));
  for (const { path } of documents.filter(isDescription)) {
    described.add({ state: 'passed-over', reason: 'description' }, join(folder, path));
  }
  const searched = documents.filter((file) => !isDescription(file));
  const isAllPassedOver = shards.length === 0 && passed.counts.length > 0;
  if (searched.length > 0 || problems.length > 0 || isAllPassedOver) {
    shards.push(folderShard(folder, searched, problems));
  }
  if (shards.length === 0 && !holdsAnotherPlace(folder, options)) {
    throw new UserError(`The corpus folder ${folder} holds no documents`, {
      action:
        'Choose a folder with shard files (.jsonl, .json.gz, .jsonl.zst, .parquet, .arrow, .tar, .zip) or with source files.',
    });
  }
  return { shards, passed: joinCounts([passed, described.all()]) };
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
export const describesData = (path: string): boolean =>
  /^(\.gitattributes|(readme|licen[cs]e|copying|notice|citation|changelog|dataset_infos?|croissant|data_?card)(\.[a-z]+)?)$/i.test(
    path,
  );

/** What `datasets` writes beside the Arrow files that it saves or caches, and above them. */
const describesArrow = (path: string, folders: ReadonlySet<string>): boolean =>
  /(^|\/)(state|dataset_info|dataset_dict)\.json$|(^|\/)[^/]+\.lock$|(^|\/)LICENSE$/.test(path) &&
  folders.has(posix.dirname(path));

/** The folders that hold Arrow shards, and those right above them. */
function foldersOfArrow(shards: readonly Pick<Shard, 'format' | 'name'>[]): ReadonlySet<string> {
  const folders = shards.filter(({ format }) => format === 'arrow').map(({ name }) => posix.dirname(name));
  return new Set([...folders, ...folders.map((folder) => posix.dirname(folder))]);
}
