// A shard's decompressed bytes, in order, with what was wrong in them. A stream that breaks off gives
// every byte before the break, always the same ones: what was read does not depend on timing.

import type { FileHandle } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ColumnNames } from '../../protocol/study.ts';
import { throwIfAborted } from '../errors.ts';
import type { FileFate } from './file-tally.ts';
import { type Engine, INPUT_CHUNK_BYTES, type Inflated, inflate, OUTPUT_CHUNK_BYTES } from './inflate.ts';
import { CannotInflateHere, inflateHere } from './inflate-here.ts';
import { asJsonLines } from './json-lines.ts';
import { type OnProblem, readAt, withShardFile } from './open-shard.ts';
import { type RestartPoint, watchForRestarts } from './restart-point.ts';
import type { Shard } from './shard.ts';
import { type ShardFormat, shardForm } from './shard-format.ts';

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Bytes taken from the disk since the last call. */
  readonly onBytes: (diskBytes: number) => void;
  readonly onProblem: OnProblem;
  /** Called now and then in a gzip stream, for reading from its middle later (`readBytesFrom`). */
  readonly onRestartPoint?: (point: RestartPoint) => void;
  /**
   * Who decompresses gzip: Node's pool, beside the caller, or the thread that asks, whose chunks are overwritten by
   * the next. The bytes are the same.
   */
  readonly inflateOn?: 'pool' | 'this-thread';
  /** Called for every file of a folder. */
  readonly onFile?: (fate: FileFate, path: string) => void;
  /** Called with the columns that are read, of those formats whose readers choose them. */
  readonly onColumns?: (present: ColumnNames) => void;
}

/**
 * The bytes of a shard file, those of rows as JSON lines. Disk errors throw `EnvironmentError`; damaged data becomes a
 * problem.
 */
export async function* readBytes(shard: Shard, options: StreamOptions): AsyncGenerator<Uint8Array> {
  if (shardForm(shard.format) !== 'rows') return yield* readUnpacked(shard, options);
  let { onRestartPoint } = options;
  const watched = onRestartPoint && {
    onRestartPoint: (point: RestartPoint) => onRestartPoint?.(point),
  };
  yield* asJsonLines(readUnpacked(shard, { ...options, ...watched }), (layout) => {
    // Lines that are made on the way have no place in the file.
    if (layout !== 'lines') onRestartPoint = undefined;
  });
}

/** The bytes of a shard file as they stand in it, decompressed. */
export async function* readUnpacked(shard: Shard, options: StreamOptions): AsyncGenerator<Uint8Array> {
  yield* withShardFile(shard, options.onProblem, (file) => decompressed(file, shard, options));
}

async function* decompressed(
  file: FileHandle,
  shard: Shard,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  if (!decompressors[shard.format]) return yield* diskChunks(file, shard, options);
  const watch =
    options.onRestartPoint && shard.format === 'jsonl.gz'
      ? watchForRestarts(options.onRestartPoint)
      : undefined;
  let nOut = 0;
  try {
    for await (const { diskBytes, pieces } of inflated(file, shard, options)) {
      for (const piece of pieces) nOut += piece.length;
      // Before the pieces are given away: who takes them may move them to another thread.
      watch?.(diskBytes, nOut, pieces);
      yield* pieces;
    }
  } catch (error) {
    const kind = damageKind(error);
    if (!kind) throw error;
    options.onProblem({
      kind,
      shard: shard.name,
      byteOffset: nOut,
      message: `${shard.path}: compressed data ${damage[kind]} after ${nOut} decompressed bytes (${(error as Error).message})`,
    });
  }
}

async function* inflated(file: FileHandle, shard: Shard, options: StreamOptions): AsyncGenerator<Inflated> {
  const engine = decompressors[shard.format]!;
  const next = shard.format === 'jsonl.zst' ? engine : undefined;
  if (options.inflateOn !== 'this-thread' || shard.format !== 'jsonl.gz') {
    return yield* inflate(diskChunks(file, shard, options), engine(), next);
  }
  let nGiven = 0;
  try {
    for await (const output of inflateHere(diskChunks(file, shard, options))) {
      for (const piece of output.pieces) nGiven += piece.length;
      yield output;
    }
  } catch (error) {
    if (!(error instanceof CannotInflateHere)) throw error;
    // Again from its start, as everyone else reads it, without the bytes that were given.
    const again = diskChunks(file, shard, { ...options, onBytes: () => {} });
    yield* skip(inflate(again, engine()), nGiven);
  }
}

/** What follows the first `nBytes` of output. */
async function* skip(source: AsyncGenerator<Inflated>, nBytes: number): AsyncGenerator<Inflated> {
  let left = nBytes;
  for await (const { diskBytes, pieces } of source) {
    const rest: Buffer[] = [];
    for (const piece of pieces) {
      if (piece.length > left) rest.push(piece.subarray(left));
      left = Math.max(0, left - piece.length);
    }
    if (rest.length > 0) yield { diskBytes, pieces: rest };
  }
}

/** What is read at once. Decompression is fast enough to feel how often it is called, Zstandard more so. */
const chunkBytes: Readonly<Record<ShardFormat, number>> = {
  jsonl: OUTPUT_CHUNK_BYTES,
  json: OUTPUT_CHUNK_BYTES,
  'jsonl.gz': 2 * INPUT_CHUNK_BYTES,
  'jsonl.zst': 4 * INPUT_CHUNK_BYTES,
  parquet: OUTPUT_CHUNK_BYTES,
  text: OUTPUT_CHUNK_BYTES,
  folder: OUTPUT_CHUNK_BYTES,
};

const decompressors: Readonly<Partial<Record<ShardFormat, () => Engine>>> = {
  'jsonl.gz': () => createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES }),
  'jsonl.zst': () => createZstdDecompress({ chunkSize: OUTPUT_CHUNK_BYTES }),
};

async function* diskChunks(
  file: FileHandle,
  shard: Shard,
  { signal, onBytes }: StreamOptions,
): AsyncGenerator<Buffer> {
  const nBytes = chunkBytes[shard.format];
  for (let position = 0; ; ) {
    throwIfAborted(signal);
    const chunk = await readAt(file, position, nBytes, shard.path);
    if (chunk.length === 0) return;
    position += chunk.length;
    onBytes(chunk.length);
    yield chunk;
  }
}

const damage = {
  truncated: 'ends too early',
  corrupt: 'is corrupt',
  expands: 'grows as no text does',
} as const;

function damageKind(error: unknown): keyof typeof damage | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'VERBATIM_EXPANDS') return 'expands';
  if (code === 'Z_BUF_ERROR') return 'truncated';
  if (code === 'ZSTD_error_srcSize_wrong' || /truncated|incomplete/i.test(String(error))) return 'truncated';
  return /^(Z_|ZSTD_)/.test(code) ? 'corrupt' : undefined;
}
