// Places at which a large shard can be cut: in JSON lines where lines begin, which takes reading them once, and in Parquet between row groups, which its
// footer tells. What is packed as a whole has no such places, and neither have other formats.

import { fileSource } from './byte-source.ts';
import { recognise } from './first-bytes.ts';
import { isPlainLines } from './holds-rows.ts';
import { hasMark } from './json-lines.ts';
import { openShardFile } from './open-shard.ts';
import { MAX_ROW_BYTES } from './read-rows.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
import type { ShardPart } from './shard-part.ts';

/** Whether it is worth a look: parts are at least so large. */
export const mayBeSplit = ({ format, nBytes, hub, remote }: Shard, partBytes: number): boolean =>
  nBytes >= 2 * partBytes && hub === undefined && (format === 'parquet' || (format === 'jsonl' && !remote));

/** In order; none where it is read as a whole. Throws `EnvironmentError` when the disk fails. `beat` hears that it gets on. */
export async function splitShard(
  shard: Shard,
  partBytes: number,
  signal: AbortSignal,
  beat: () => void,
): Promise<readonly ShardPart[]> {
  await using file = await openShardFile(shard, signal);
  const cuts =
    shard.format === 'parquet'
      ? await groupCuts(file, partBytes, beat)
      : await lineCuts(file, shard, partBytes, beat);
  if (cuts.length === 0) return [];
  const starts = [{ row: 0, byte: 0 }, ...cuts];
  return starts.map(({ row, byte }, n) => {
    const next = starts[n + 1] ?? { row: Number.MAX_SAFE_INTEGER, byte: file.size };
    const rows = { fromRow: row, toRow: next.row };
    const bytes = shard.format === 'parquet' ? {} : { bytes: { from: byte, to: next.byte } };
    return { n, of: starts.length, rows, ...bytes };
  });
}

/** A place at which another part begins. */
interface Cut {
  /** Rows before it. */
  readonly row: number;
  readonly byte: number;
}

async function groupCuts(file: ShardFile, partBytes: number, beat: () => void): Promise<readonly Cut[]> {
  const { parquetGroups } = await import('./read-parquet.ts');
  const cuts: Cut[] = [];
  let row = 0;
  let nBytes = 0;
  for (const group of await parquetGroups(fileSource(file, beat))) {
    if (nBytes >= partBytes) {
      cuts.push({ row, byte: 0 });
      nBytes = 0;
    }
    row += group.nRows;
    nBytes += group.nBytes;
  }
  return cuts;
}

const CHUNK_BYTES = 4 << 20;
const LF = 0x0a;

/** Lines are numbered as readers number rows: blank ones, and those that are too long, have no number. */
async function lineCuts(
  file: ShardFile,
  shard: Shard,
  partBytes: number,
  beat: () => void,
): Promise<readonly Cut[]> {
  if (recognise(await file.read(0, 64)) !== 'other' || !(await isPlainLines(file, shard))) return [];
  const cuts: Cut[] = [];
  let row = 0;
  let lineStart = 0;
  let isBlank = true;
  for (let position = 0; position < file.size; ) {
    const chunk = await file.read(position, CHUNK_BYTES);
    if (chunk.length === 0) break;
    beat();
    let from = position === 0 && hasMark(chunk) ? 3 : 0;
    for (let lf = chunk.indexOf(LF, from); lf >= 0; lf = chunk.indexOf(LF, from)) {
      isBlank &&= isBlankBetween(chunk, from, lf);
      const end = position + lf;
      if (!isBlank && end - lineStart <= MAX_ROW_BYTES) row++;
      from = lf + 1;
      lineStart = position + from;
      isBlank = true;
      if (lineStart - (cuts.at(-1)?.byte ?? 0) >= partBytes && lineStart < file.size)
        cuts.push({ row, byte: lineStart });
    }
    isBlank &&= isBlankBetween(chunk, from, chunk.length);
    position += chunk.length;
  }
  return cuts;
}

function isBlankBetween(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 0x20) return false;
  return true;
}
