// The column names of a shard of JSON lines, from its first rows.

import { parseObject, type Value } from '../text/parse-json.ts';
import { type Columns, chooseColumns } from './columns.ts';
import { readRows } from './read-rows.ts';
import type { Shard } from './shard.ts';

/** A shard whose first rows are all damaged is not searched further. */
const ROWS_LOOKED_AT = 20;
const BYTES_LOOKED_AT = 64 << 20;
const MOST_NAMES_SHOWN = 50;

export interface ResolvedColumns {
  readonly names: Columns;
  /** Those of the first row that can be read, which hold a text or a list. */
  readonly found: readonly string[];
}

/** Columns of a shard, equal for every reader of it. What is wrong in it is for the reader to tell, not told here. */
export async function resolveColumns(shard: Shard, signal: AbortSignal): Promise<ResolvedColumns> {
  const row = await firstRow(shard, signal);
  return { names: columnsOf(row, shard), found: [...(row?.keys() ?? [])] };
}

/** The columns of rows of which `row` is the first. */
const columnsOf = (
  row: ReadonlyMap<string, Value> | undefined,
  { columns }: Pick<Shard, 'columns'>,
): Columns =>
  chooseColumns(columns, (name, part) => {
    const value = row?.get(name);
    return value !== undefined && (part === 'license' || value.kind === 'string');
  });

/** What a row without a text lacks; the first time with the columns that there are. */
export function describeMissing({ names, found }: ResolvedColumns): () => string {
  let isFirst = true;
  return () => {
    const what = `has no string "${names.content}"`;
    if (!isFirst || found.length === 0) return what;
    isFirst = false;
    const shown = found.slice(0, MOST_NAMES_SHOWN).join(', ');
    return `${what}: the text columns of the first row are ${shown} (choose one with --content-column)`;
  };
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
