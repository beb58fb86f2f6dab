// What the beginning of a shard says of how it is read.

import { readUnpacked } from './byte-stream.ts';
import { JSON_HEAD_BYTES, jsonContent } from './json-content.ts';
import { LONGEST_FIRST_LINE_BYTES, layoutOf } from './json-lines.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
import { shardForm } from './shard-format.ts';

/** Whether a shard is read as JSON lines. */
export async function holdsRows(shard: Shard, signal: AbortSignal): Promise<boolean> {
  if (shard.format !== 'json') return shardForm(shard.format) === 'rows';
  // A list of objects is named for what it lacks, not searched as the text that it is.
  return jsonContent(await readHead(shard, JSON_HEAD_BYTES, signal), shard.columns) !== 'document';
}

/** Whether a row's place in the stream is its place in the file. */
export async function isPlainLines(file: ShardFile, { format }: Shard): Promise<boolean> {
  if (format !== 'jsonl' && format !== 'json') return false;
  const first = await file.read(0, FIRST_LOOK_BYTES);
  const head = first.includes(0x0a) ? first : await file.read(0, LONGEST_FIRST_LINE_BYTES);
  return layoutOf(head).kind === 'lines';
}

const FIRST_LOOK_BYTES = 64 << 10;

async function readHead(shard: Shard, nBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let n = 0;
  const ignore = () => {};
  for await (const chunk of readUnpacked(shard, { signal, onBytes: ignore, onProblem: ignore })) {
    pieces.push(new Uint8Array(chunk.subarray(0, nBytes - n)));
    n += chunk.length;
    if (n >= nBytes) break;
  }
  return Buffer.concat(pieces);
}
