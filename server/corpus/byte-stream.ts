// A shard's decompressed bytes, in order, with what was wrong in them. A stream that breaks off gives
// every byte before the break, always the same ones: what was read does not depend on timing.

import type { ColumnNames } from '../../protocol/study.ts';
import { EnvironmentError, throwIfAborted } from '../errors.ts';
import { BlockStarts } from './block-starts.ts';
import type { FileFate } from './file-tally.ts';
import { INPUT_CHUNK_BYTES, type Inflated, OUTPUT_CHUNK_BYTES } from './inflate.ts';
import { CannotInflateHere, inflateHere } from './inflate-here.ts';
import { asJsonLines, hasMark, withoutMark } from './json-lines.ts';
import { type OnProblem, withShardFile } from './open-shard.ts';
import { type RestartPoint, watchForRestarts } from './restart-point.ts';
import { watchFrames } from './restart-zstd.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
import { type Packing, packingOf, shardForm } from './shard-format.ts';
import type { ByteRange } from './shard-part.ts';
import { damageOf, wayOut } from './unpack/unpack.ts';
import { unpackToDamage } from './unpack/unpack-to-damage.ts';

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Bytes taken from the disk since the last call. */
  readonly onBytes: (diskBytes: number) => void;
  readonly onProblem: OnProblem;
  /** Called now and then in a gzip stream, for reading from its middle later (`readBytesFrom`). */
  readonly onRestartPoint?: (point: RestartPoint) => void;
  /**
   * Called more often, for who keeps an index: where a block of gzip begins, on the thread that asks, or a frame of Zstandard.
   * The point's window is overwritten by that of the next.
   */
  readonly onBlockStart?: (point: RestartPoint) => void;
  /**
   * Memory for who needs a chunk only until it asks for the next: where that saves time (`overwritesChunks`), chunks come in it or in
   * memory of the decoder's, and are overwritten. Gzip is then decompressed by the thread that asks and not in Node's pool,
   * beside it. The bytes are the same.
   */
  readonly into?: Buffer | undefined;
  /** Called for every file of a folder. */
  readonly onFile?: (fate: FileFate, path: string) => void;
  /** Called with the columns that are read, of those formats whose readers choose them. */
  readonly onColumns?: (present: ColumnNames) => void;
}

/** Whether chunks of such a shard are overwritten for who gives memory for them. */
export const overwritesChunks = ({ format }: Pick<Shard, 'format'>): boolean =>
  (packingOf(format) ?? 'gz') === 'gz';

/**
 * The bytes of a shard file, those of rows as JSON lines. Disk errors throw `EnvironmentError`; damaged data becomes a
 * problem.
 */
export async function* readBytes(shard: Shard, options: StreamOptions): AsyncGenerator<Uint8Array> {
  if (shardForm(shard.format) !== 'rows') return yield* readUnpacked(shard, options);
  let { onRestartPoint, onBlockStart } = options;
  const watched = {
    ...(onRestartPoint && { onRestartPoint: (point: RestartPoint) => onRestartPoint?.(point) }),
    ...(onBlockStart && { onBlockStart: (point: RestartPoint) => onBlockStart?.(point) }),
  };
  yield* asJsonLines(readUnpacked(shard, { ...options, ...watched }), (layout) => {
    // Lines that are made on the way have no place in the file.
    if (layout === 'lines') return;
    onRestartPoint = undefined;
    onBlockStart = undefined;
  });
}

/** Some lines of JSON lines that stand in their file as they are. Throws `EnvironmentError` as `readBytes`, and where the file is another by now. */
export async function* readLines(
  shard: Shard,
  range: ByteRange,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  yield* withShardFile(shard, options, async function* (file) {
    if (file.size !== shard.nBytes)
      throw new EnvironmentError(`${shard.path} has changed since it was cut into parts`);
    let isFirst = range.from === 0;
    for await (const chunk of diskChunks(file, shard, options, range)) {
      yield isFirst && hasMark(chunk) ? withoutMark(chunk) : chunk;
      isFirst = false;
    }
  });
}

/** The bytes of a shard file as they stand in it, decompressed. */
export async function* readUnpacked(shard: Shard, options: StreamOptions): AsyncGenerator<Uint8Array> {
  yield* withShardFile(shard, options, (file) => decompressed(file, shard, options));
}

async function* decompressed(
  file: ShardFile,
  shard: Shard,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const packing = packingOf(shard.format);
  if (!packing) return yield* diskChunks(file, shard, options);
  const watch =
    options.onRestartPoint && shard.format === 'jsonl.gz'
      ? watchForRestarts(options.onRestartPoint)
      : undefined;
  let nOut = 0;
  try {
    for await (const { diskBytes, pieces } of inflated(file, shard, packing, options)) {
      for (const piece of pieces) nOut += piece.length;
      // Before the pieces are given away: who takes them may move them to another thread.
      watch?.(diskBytes, nOut, pieces);
      yield* pieces;
    }
  } catch (error) {
    const kind = damageOf(error, packing, nOut);
    if (!kind) throw error;
    options.onProblem({
      kind,
      shard: shard.name,
      byteOffset: nOut,
      message: `${shard.path}: compressed data ${damage[kind]} after ${nOut} decompressed bytes (${(error as Error).message})${wayOut(error)}`,
    });
  }
}

async function* inflated(
  file: ShardFile,
  shard: Shard,
  packing: Packing,
  options: StreamOptions,
): AsyncGenerator<Inflated> {
  let onBytes = options.onBytes;
  let { onBlockStart } = options;
  const open = (into?: Buffer) => {
    const source = diskChunks(file, shard, { ...options, onBytes, into });
    const watched = packing === 'zst' && onBlockStart ? watchFrames(source, onBlockStart) : source;
    // What is read again counts once.
    onBytes = () => options.onBytes(0);
    onBlockStart = undefined;
    return watched;
  };
  let nGiven = 0;
  if (options.into && packing === 'gz') {
    try {
      using blocks = options.onBlockStart && new BlockStarts(options.onBlockStart);
      // Each piece is done with when the next is asked for; left to be collected they would be some megabytes.
      const into = Buffer.allocUnsafeSlow(chunkBytes.gz);
      for await (const output of inflateHere(open(into), { blocks })) {
        for (const piece of output.pieces) nGiven += piece.length;
        yield output;
      }
      return;
    } catch (error) {
      if (!(error instanceof CannotInflateHere)) throw error;
    }
  }
  yield* unpackToDamage(open, packing, nGiven);
}

/** What is read at once. Decompression is fast enough to feel how often it is called, Zstandard more so. */
const chunkBytes = { gz: 2 * INPUT_CHUNK_BYTES, zst: 4 * INPUT_CHUNK_BYTES } as const;
const chunkBytesOf: Readonly<Partial<Record<Packing, number>>> = chunkBytes;

async function* diskChunks(
  file: ShardFile,
  shard: Shard,
  { signal, onBytes, into }: Pick<StreamOptions, 'signal' | 'onBytes' | 'into'>,
  { from, to }: ByteRange = { from: 0, to: Number.POSITIVE_INFINITY },
): AsyncGenerator<Buffer> {
  const packing = packingOf(shard.format);
  const nBytes = (packing && chunkBytesOf[packing]) ?? OUTPUT_CHUNK_BYTES;
  for (let position = from; ; ) {
    throwIfAborted(signal);
    const chunk = await file.read(position, Math.min(nBytes, to - position), into);
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
  trailing: 'is followed by other bytes, which are none of it,',
} as const;
