// A shard's decompressed bytes, in order, with what was wrong in them. A stream that breaks off gives
// every byte before the break, always the same ones: what was read does not depend on timing.

import { createReadStream } from 'node:fs';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { DataProblem } from '../../protocol/errors.ts';
import { EnvironmentError, throwIfAborted } from '../errors.ts';
import type { Shard } from './shard.ts';

/** Node's default of 16 KiB doubles the cost of inflating. */
const OUTPUT_CHUNK_BYTES = 1 << 20;
const INPUT_CHUNK_BYTES = 64 << 10;

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Bytes taken from the disk since the last call. */
  readonly onBytes: (diskBytes: number) => void;
  readonly onProblem: (problem: DataProblem) => void;
}

/** The bytes of a shard file. Disk errors throw `EnvironmentError`; damaged data becomes a problem. */
export async function* readBytes(shard: Shard, options: StreamOptions): AsyncGenerator<Uint8Array> {
  const engine = decompressor(shard);
  let nOut = 0;
  try {
    for await (const chunk of engine
      ? inflate(diskChunks(shard, options), engine)
      : diskChunks(shard, options)) {
      nOut += chunk.length;
      yield chunk;
    }
  } catch (error) {
    const kind = damageKind(error);
    if (!kind) throw error;
    options.onProblem({
      kind,
      shard: shard.name,
      byteOffset: nOut,
      message: `${shard.path}: compressed data ${kind === 'truncated' ? 'ends too early' : 'is corrupt'} after ${nOut} decompressed bytes (${(error as Error).message})`,
    });
  }
}

function decompressor(shard: Shard): Transform | undefined {
  if (shard.format === 'jsonl.gz') return createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  if (shard.format === 'jsonl.zst') return createZstdDecompress({ chunkSize: OUTPUT_CHUNK_BYTES });
  return undefined;
}

async function* diskChunks(shard: Shard, options: StreamOptions): AsyncGenerator<Buffer> {
  const file = createReadStream(shard.path, {
    highWaterMark: shard.format === 'jsonl' ? OUTPUT_CHUNK_BYTES : INPUT_CHUNK_BYTES,
  });
  try {
    for await (const chunk of file) {
      throwIfAborted(options.signal);
      options.onBytes((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) {
      throw new EnvironmentError(`${shard.path} cannot be read: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

/**
 * Pushes one input chunk at a time and takes all its output before the next. Piping would be shorter, but
 * an error destroys a pipe together with output that nobody has read yet.
 */
async function* inflate(source: AsyncIterable<Buffer>, engine: Transform): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  let failure: Error | undefined;
  let wake = () => {};
  engine.on('data', (chunk: Buffer) => ready.push(chunk));
  engine.on('error', (error) => {
    failure = error;
    wake();
  });
  const settle = (start: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      start(resolve);
    });
  try {
    for await (const chunk of source) {
      await settle((done) => engine.write(chunk, done));
      yield* ready;
      ready = [];
      if (failure) throw failure;
    }
    await settle((done) => {
      engine.once('end', done);
      engine.end();
    });
    yield* ready;
    if (failure) throw failure;
  } finally {
    engine.destroy();
  }
}

function damageKind(error: unknown): 'truncated' | 'corrupt' | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return 'truncated';
  if (code === 'ZSTD_error_srcSize_wrong' || /truncated|incomplete/i.test(String(error))) return 'truncated';
  return /^(Z_|ZSTD_)/.test(code) ? 'corrupt' : undefined;
}
