// The column names of a shard of JSON lines, from its first rows.

import { type Columns, chooseColumns, columnConventions } from './columns.ts';
import { parseObject } from './parse-row.ts';
import { readRows } from './read-rows.ts';
import type { Shard } from './shard.ts';

/** A shard whose first rows are all damaged is not searched further. */
const ROWS_LOOKED_AT = 20;
const BYTES_LOOKED_AT = 64 << 20;

/** Columns of a shard, equal for every reader of it. What is wrong in it is for the reader to tell, not told here. */
export async function resolveColumns(shard: Shard, signal: AbortSignal): Promise<Columns> {
  const isSettled = Object.keys(columnConventions).every((part) => shard.columns?.[part as keyof Columns]);
  const row = isSettled ? undefined : await firstRow(shard, signal);
  return chooseColumns(shard.columns, (name, part) => {
    const value = row?.get(name);
    return value !== undefined && (part === 'license' || value.kind === 'string');
  });
}

async function firstRow(shard: Shard, signal: AbortSignal) {
  const ignore = () => {};
  let n = 0;
  for await (const { line, byteOffset } of readRows(shard, { signal, onBytes: ignore, onProblem: ignore })) {
    const row = parseObject(line);
    if (row !== 'not-json') return row;
    if (++n === ROWS_LOOKED_AT || byteOffset > BYTES_LOOKED_AT) break;
  }
  return undefined;
}
