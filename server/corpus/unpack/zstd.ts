// Zstandard with windows of any size that this machine has the memory for.

import { freemem } from 'node:os';
import { constants, createZstdDecompress } from 'node:zlib';
import { type Engine, OUTPUT_CHUNK_BYTES } from '../inflate.ts';

/** What every decoder takes, and the most that the format knows. */
const LEAST_WINDOW_LOG = 27;
const MOST_WINDOW_LOG = 31;

export function openZstd(): Engine {
  return createZstdDecompress({
    chunkSize: OUTPUT_CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: mostWindowLog() },
  });
}

/** The window is memory of its own for each shard that is read; several are at once. */
export function mostWindowLog(freeBytes = freemem()): number {
  const log = Math.floor(Math.log2(Math.max(1, freeBytes / 4)));
  return Math.min(MOST_WINDOW_LOG, Math.max(LEAST_WINDOW_LOG, log));
}
