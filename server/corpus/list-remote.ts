// The shards of a corpus that lies on another machine: their names, sizes and tags. Asks for a list, and for no data.

import { basename } from 'node:path';
import type { ColumnNames } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { compileGlob } from '../glob.ts';
import { describeFile, type ListedObject, listObjects } from '../remote/list-objects.ts';
import type { RemoteFacts } from '../remote/remote-file.ts';
import { isAddressable, parseRemoteLocation } from '../remote/remote-location.ts';
import { type RemoteAccess, shown } from '../remote/remote-request.ts';
import { s3Settings } from '../remote/s3-settings.ts';
import { type FileCounts, FileTally } from './file-tally.ts';
import { describesData, type Shard } from './shard.ts';
import { namedFormat, type ShardFormat, shardFormat } from './shard-format.ts';

export interface RemoteCorpus {
  readonly shards: readonly Omit<Shard, 'index'>[];
  /** Those that are none of them. */
  readonly passed: FileCounts;
}

/** `place` is as a plan holds it. Throws a `UserError` where there are no shards. */
export async function listRemoteCorpus(
  place: string,
  columns: ColumnNames | undefined,
  signal: AbortSignal,
): Promise<RemoteCorpus> {
  const access = { patience: { signal }, s3: s3Settings() };
  const location = parseRemoteLocation(place);
  if (location.kind === 'https') {
    const name = basename(location.url.pathname);
    const format = namedFormat(name);
    if (format === undefined) throw noShards(place);
    const facts = await describeFile(access, location);
    return { shards: [remoteShard(place, name, format, facts, columns)], passed: new FileTally().all() };
  }
  const { bucket, key } = location;
  const objects = await objectsAt(access, bucket, key);
  const tally = new FileTally();
  const shards: Omit<Shard, 'index'>[] = [];
  for (const object of objects) {
    const path = shown({ kind: 's3', bucket, key: object.key });
    // A file that is named by itself may be a kind that is a document in a folder.
    const format = object.key === key ? namedFormat(object.key) : shardFormat(object.key);
    if (format !== undefined && isAddressable(object.key))
      shards.push(remoteShard(path, nameBelow(key, object.key), format, object, columns));
    else if (!object.key.endsWith('/'))
      tally.add(
        { state: 'passed-over', reason: describesData(object.key) ? 'description' : 'unasked' },
        path,
      );
  }
  if (shards.length === 0) throw noShards(place);
  return { shards, passed: tally.all() };
}

/** The one that is called so, or those below it, or those that a pattern names. */
async function objectsAt(
  access: RemoteAccess,
  bucket: string,
  key: string,
): Promise<readonly ListedObject[]> {
  const pattern = /[*?{]/.exec(key);
  const listed = await listObjects(access, bucket, pattern === null ? key : key.slice(0, pattern.index));
  if (pattern !== null) {
    const matches = compileGlob(key);
    return listed.filter((object) => matches(object.key));
  }
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  const named = listed.filter((object) => object.key === key && key !== folder);
  return named.length > 0 ? named : listed.filter((object) => object.key.startsWith(folder));
}

/** Its name in reports: the part of the key below what was named. */
function nameBelow(named: string, key: string): string {
  const pattern = /[*?{]/.exec(named);
  const beginning = pattern === null ? named : named.slice(0, pattern.index);
  const folder = beginning.slice(0, beginning.lastIndexOf('/') + 1);
  const below = pattern === null && key.startsWith(`${named}/`) ? `${named}/` : folder;
  return key.slice(below.length);
}

const remoteShard = (
  path: string,
  name: string,
  format: ShardFormat,
  { nBytes, tag }: RemoteFacts,
  columns: ColumnNames | undefined,
): Omit<Shard, 'index'> => ({
  ...{ path, name, format, nBytes, modifiedMs: 0, files: [], remote: { tag } },
  ...(columns && { columns }),
});

const noShards = (place: string) =>
  new UserError(`${place} has no shard files`, {
    action:
      'Shards end in .jsonl, .json.gz, .jsonl.zst, .parquet, .arrow, .tar, .zip or .txt; other files are read on this machine.',
  });
