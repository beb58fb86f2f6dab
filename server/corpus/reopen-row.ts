// One row of a shard, read again without reading what stands before it where the format allows: at its
// offset in plain JSON lines, from a restart point in gzip, by its row group in Parquet.

import { resolve } from 'node:path';
import { contained } from '../../guard/paths/contained.ts';
import type { RestartPoint } from '../engine/detection.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { readBytes, type StreamOptions } from './byte-stream.ts';
import { holdsRows, isPlainLines } from './holds-rows.ts';
import { OUTPUT_CHUNK_BYTES } from './inflate.ts';
import { withShardFile } from './open-shard.ts';
import { parseRow } from './parse-row.ts';
import { isReadByPlaces, readByPlaces } from './read-by-places.ts';
import { readDocuments } from './read-documents.ts';
import { readFiles } from './read-files.ts';
import { MAX_ROW_BYTES, splitLines } from './read-rows.ts';
import { resolveColumns } from './resolve-columns.ts';
import { restartGzip } from './restart-gzip.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
import { isArchive } from './shard-format.ts';

export interface RowPlace {
  readonly row: number;
  readonly byteOffset: number;
  /** Path of a file in a folder. */
  readonly path: string;
}

/** Plain data: it is sent to a thread. */
export interface ReopenRequest {
  readonly shard: Shard;
  readonly place: RowPlace;
  readonly restart: RestartPoint | undefined;
}

/** The text of the row, or undefined when the shard no longer has it. Disk errors throw. */
export async function reopenRow(
  shard: Shard,
  place: RowPlace,
  restart: RestartPoint | undefined,
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<Uint8Array | undefined> {
  const options: StreamOptions = { signal, onBytes: onProgress, onProblem: () => {} };
  if (await holdsRows(shard, signal)) return reopenJsonRow(shard, place.byteOffset, restart, options);
  if (isArchive(shard)) {
    const { reopenMembers } = await import('./archive/read-archive.ts');
    for await (const { text } of reopenMembers(shard, [place], options)) return text;
  }
  const documents = isReadByPlaces(shard)
    ? readByPlaces(shard, options, { fromRow: place.row, toRow: place.row + 1 })
    : shard.format === 'folder'
      ? readFiles({ ...shard, files: isBelow(shard.path, place.path) ? [place.path] : [] }, options)
      : readDocuments(shard, options);
  const isAlone = shard.format === 'folder';
  for await (const { row, text } of documents) if (isAlone || row === place.row) return text;
  return undefined;
}

async function reopenJsonRow(
  shard: Shard,
  byteOffset: number,
  restart: RestartPoint | undefined,
  options: StreamOptions,
): Promise<Uint8Array | undefined> {
  const { names } = await resolveColumns(shard, options.signal);
  const bytes = withShardFile(shard, options, (file) => bytesFrom(file, shard, byteOffset, restart, options));
  const tooLong = (): never => {
    throw new UserError(`${shard.path}: the row at byte ${byteOffset} is longer than ${MAX_ROW_BYTES} bytes`);
  };
  for await (const { line } of splitLines(bytes, byteOffset, tooLong)) {
    const row = parseRow(line, names);
    return typeof row === 'string' ? undefined : row.content;
  }
  return undefined;
}

/** The stream from `byteOffset` on. */
async function* bytesFrom(
  file: ShardFile,
  shard: Shard,
  byteOffset: number,
  restart: RestartPoint | undefined,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  // The first row may stand behind a byte order mark.
  if (byteOffset > 0 && (await isPlainLines(file, shard))) {
    return yield* plainBytes(file, byteOffset, options);
  }
  const restarted = restart && (await restartGzip(file, restart));
  if (restarted) yield* skip(restarted, byteOffset - restart.byteOffset, options);
  else yield* skip(readBytes(shard, options), byteOffset, options);
}

async function* skip(
  chunks: AsyncGenerator<Uint8Array>,
  nBytes: number,
  { signal }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  let left = nBytes;
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* plainBytes(
  file: ShardFile,
  byteOffset: number,
  { signal }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  for (let at = byteOffset; ; at += OUTPUT_CHUNK_BYTES) {
    throwIfAborted(signal);
    const chunk = await file.read(at, OUTPUT_CHUNK_BYTES);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

/** A study file may come from anywhere: it names no file outside the folder that it says was scanned. */
const isBelow = (folder: string, path: string): boolean => contained(folder, resolve(folder, path));
