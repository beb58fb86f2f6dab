// Places in a gzip stream where decompression can begin again, noted while a scan passes by: where the
// decoder stood, and the 32 KiB before it. Where its block began is found later, only when it is needed
// (`find-deflate-block.ts`), so that noting costs a scan nearly nothing.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { RestartPoint } from '../engine/detection.ts';

export type { RestartPoint };

/** How far back a match can reach (RFC 1951, section 3.2.5). */
const WINDOW_BYTES = 32 << 10;
/** Inflating this much takes some 10 ms. */
const RESTART_EVERY_BYTES = 8 << 20;

/**
 * Returns what to call after each piece of input: with the input bytes used and the output bytes given so
 * far, and the output of this piece. The decoder then stands between two symbols, with less than one symbol
 * of input in hand.
 */
export function watchForRestarts(
  emit: (point: RestartPoint) => void,
  everyBytes = RESTART_EVERY_BYTES,
): (diskOffset: number, byteOffset: number, pieces: readonly Uint8Array[]) => void {
  let last = 0;
  return (diskOffset, byteOffset, pieces) => {
    if (byteOffset - last < everyBytes) return;
    const window = lastBytes(pieces);
    // An unusually dense piece: the next one will do.
    if (!window) return;
    last = byteOffset;
    emit({ diskOffset, byteOffset, window: deflateRawSync(window, { level: 1 }) });
  };
}

export const windowOf = (point: RestartPoint): Uint8Array => inflateRawSync(point.window);

function lastBytes(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const tail: Uint8Array[] = [];
  let missing = WINDOW_BYTES;
  for (const piece of pieces.toReversed()) {
    if (missing === 0) break;
    const part = piece.subarray(Math.max(0, piece.length - missing));
    tail.unshift(part);
    missing -= part.length;
  }
  return missing === 0 ? Buffer.concat(tail) : undefined;
}
