// What a thread that reads shards does with the pieces that it has read.

/** Smaller buffers may be parts of a pool. */
const LEAST_OWN_BYTES = 1 << 20;

/**
 * Gives the memory of an output buffer back once its last byte was read. Left to the collector, these pile up
 * to 64 MB a thread and make it run ten times as often.
 */
export function releaseChunk({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isRead = byteOffset + byteLength === buffer.byteLength;
  if (isRead && byteLength > 0 && buffer.byteLength >= LEAST_OWN_BYTES && buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}
