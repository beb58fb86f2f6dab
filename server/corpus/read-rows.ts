// The rows of a shard of JSON lines, whole, with their place in the decompressed stream.

import { readBytes, readLines, type StreamOptions } from './byte-stream.ts';
import { breaksOff } from './open-shard.ts';
import type { Shard } from './shard.ts';
import type { ByteRange } from './shard-part.ts';

export interface RawRow {
  readonly line: Uint8Array;
  /** Start of the row in the decompressed stream. */
  readonly byteOffset: number;
}

/** Longer rows are no documents but damage or a bomb: they are named and passed over. */
export const MAX_ROW_BYTES = 256 << 20;

/** Blank lines are left out. A last line without LF counts unless the stream broke off in it. `range`: only these lines. */
export async function* readRows(
  shard: Shard,
  options: StreamOptions,
  range?: ByteRange,
): AsyncGenerator<RawRow> {
  let broken = false;
  const onProblem: StreamOptions['onProblem'] = (problem) => {
    if (breaksOff(problem)) broken = true;
    options.onProblem(problem);
  };
  const tooLong = (byteOffset: number) =>
    options.onProblem({
      kind: 'expands',
      shard: shard.name,
      byteOffset,
      message: `${shard.path}: the row at byte ${byteOffset} is longer than ${MAX_ROW_BYTES} bytes and is passed over`,
    });
  const hearing = { ...options, onProblem };
  const chunks = range === undefined ? readBytes(shard, hearing) : readLines(shard, range, hearing);
  for await (const row of splitLines(chunks, range?.from ?? 0, tooLong)) {
    if (row.line.every((byte) => byte <= 0x20)) continue;
    if (row.isWhole || !broken) yield row;
  }
}

/** Lines of a stream that begins at `start`. The last one is not whole when no LF ends it. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  onTooLong: (byteOffset: number) => void,
): AsyncGenerator<RawRow & { readonly isWhole: boolean }> {
  let pending: Uint8Array[] = [];
  let nPending = 0;
  let rowStart = start;
  let chunkStart = start;
  const take = (end: Uint8Array) => {
    const isTooLong = nPending + end.length > MAX_ROW_BYTES;
    if (isTooLong && nPending <= MAX_ROW_BYTES) onTooLong(rowStart);
    const line = isTooLong ? undefined : Buffer.concat([...pending, end]);
    pending = [];
    nPending = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let lf = chunk.indexOf(0x0a); lf >= 0; lf = chunk.indexOf(0x0a, from)) {
      const line = take(chunk.subarray(from, lf));
      if (line) yield { line, byteOffset: rowStart, isWhole: true };
      from = lf + 1;
      rowStart = chunkStart + from;
    }
    if (from < chunk.length) {
      const wasTooLong = nPending > MAX_ROW_BYTES;
      nPending += chunk.length - from;
      if (nPending <= MAX_ROW_BYTES) pending.push(chunk.slice(from));
      else {
        pending = [];
        if (!wasTooLong) onTooLong(rowStart);
      }
    }
    chunkStart += chunk.length;
  }
  if (nPending === 0) return;
  const line = take(new Uint8Array());
  if (line) yield { line, byteOffset: rowStart, isWhole: false };
}
