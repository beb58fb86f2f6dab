// Places in a Zstandard stream where decompression can begin again: where a frame begins, which needs nothing of what came
// before. Programs that pack in parallel write many frames, others one for the whole file.

import type { RestartPoint } from '../engine/detection.ts';
import { INPUT_CHUNK_BYTES } from './inflate.ts';
import type { ShardFile } from './shard-file.ts';
import { unpack } from './unpack/unpack.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Unpacking this much takes some milliseconds. */
const EVERY_BYTES = 4 << 20;
const NO_WINDOW = new Uint8Array();

/** Gives the chunks on. Of frames that begin near each other the first is noted, and none behind one that does not say how much it holds. */
export async function* watchFrames(
  source: AsyncIterable<Buffer>,
  emit: (point: RestartPoint) => void,
  everyBytes = EVERY_BYTES,
): AsyncGenerator<Buffer> {
  let last = 0;
  const frames = new ZstdFrames((diskOffset, byteOffset) => {
    if (byteOffset - last < everyBytes) return;
    last = byteOffset;
    emit({ diskOffset, byteOffset, nBits: 0, window: NO_WINDOW });
  });
  for await (const chunk of source) {
    frames.pass(chunk);
    yield chunk;
  }
}

/** The decompressed bytes from the frame on. Damage throws, after all that stands before it. */
export async function* restartZstd(
  file: ShardFile,
  { diskOffset }: RestartPoint,
): AsyncGenerator<Uint8Array> {
  async function* source() {
    for (let at = diskOffset; ; at += INPUT_CHUNK_BYTES) {
      const chunk = await file.read(at, INPUT_CHUNK_BYTES);
      if (chunk.length === 0) return;
      yield chunk;
    }
  }
  for await (const { pieces } of unpack(source(), 'zst')) yield* pieces;
}
