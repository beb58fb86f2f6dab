// The column names of a shard of JSON lines, from its first rows.

import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { parseObject, type Value } from '../text/parse-json.ts';
import { askAmong, type ColumnQuestion, shownNames } from './column-question.ts';
import { type Columns, chooseColumns, chooseContent, columnConventions } from './columns.ts';
import { readRows } from './read-rows.ts';
import type { Shard } from './shard.ts';
import type { PartProblem } from './shard-part.ts';

/** A shard whose first rows are all damaged is not searched further. */
export const ROWS_LOOKED_AT = 20;
const BYTES_LOOKED_AT = 64 << 20;

export interface ResolvedColumns {
  readonly names: Columns;
  /** Those of the first row that can be read, which hold a text or a list. */
  readonly found: readonly string[];
  /** The `names` that the first rows have. */
  readonly present: ColumnNames;
  /** Undefined where it is evident which column is the text. */
  readonly question: ColumnQuestion | undefined;
}

/** Columns of a shard, equal for every reader of it. What is wrong in it is for the reader to tell, not told here. */
export async function resolveColumns(shard: Shard, signal: AbortSignal): Promise<ResolvedColumns> {
  const isSettled = Object.keys(columnConventions).every((part) => shard.columns?.[part as keyof Columns]);
  return columnsOfRows(shard.columns, await firstRows(shard, isSettled ? 1 : ROWS_LOOKED_AT, signal));
}

/** Columns by the first rows of what they are in. */
export function columnsOfRows(chosen: ColumnNames | undefined, rows: readonly Row[]): ResolvedColumns {
  const [first] = rows;
  const choice = chosen?.content === undefined ? chooseContent(stringsOf(rows)) : undefined;
  const content = choice && 'name' in choice ? choice.name : undefined;
  const isThere = (name: string, part: keyof Columns) => {
    const value = first?.get(name);
    return value !== undefined && (part === 'license' || value.kind === 'string');
  };
  const names = chooseColumns({ ...(content !== undefined && { content }), ...chosen }, isThere);
  const parts = Object.entries(names).filter(
    ([part, name]) => chosen?.[part as keyof Columns] === name || rows.some((row) => row.has(name)),
  );
  const found = [...(first?.keys() ?? [])];
  const question = choice && 'candidates' in choice ? askAmong(choice.candidates, found) : undefined;
  return { names, found, present: Object.fromEntries(parts), question };
}

/** What a row without a text lacks; the first time with the columns that there are. */
export function describeMissing(columns: ResolvedColumns): () => string {
  const { found } = columns;
  let isFirst = true;
  return () => {
    const what = lacksText(columns);
    if (!isFirst || found.length === 0) return what;
    isFirst = false;
    return `${what}: the text columns of the first row are ${shownNames(found)} (choose one with --content-column)`;
  };
}

const lacksText = ({ names }: ResolvedColumns): string => `has no string "${names.content}"`;

/** A problem of a part's row, which begins with its place. */
export function withBrief(problem: DataProblem, place: string, columns: ResolvedColumns): PartProblem {
  const brief = `${place} ${lacksText(columns)}`;
  return problem.kind === 'no-content' && problem.message !== brief ? { ...problem, brief } : problem;
}

type Row = ReadonlyMap<string, Value>;

/** Stops at the first one that leaves no doubt, which most often is the first. */
async function firstRows(shard: Shard, most: number, signal: AbortSignal): Promise<readonly Row[]> {
  const ignore = () => {};
  const rows: Row[] = [];
  let n = 0;
  for await (const { line, byteOffset } of readRows(shard, { signal, onBytes: ignore, onProblem: ignore })) {
    const row = parseObject(line);
    if (row !== 'not-json') rows.push(row);
    const choice = chooseContent(stringsOf(rows));
    const isEvident = choice !== undefined && 'name' in choice && stringsOf(rows).get(choice.name)?.hasLines;
    if (isEvident || ++n === most || byteOffset > BYTES_LOOKED_AT) break;
  }
  return rows;
}

const LF = 0x0a;
const CR = 0x0d;

/** The columns that hold a string in the first row, and whether some row has several lines there. */
function stringsOf(rows: readonly Row[]): ReadonlyMap<string, { readonly hasLines: boolean }> {
  const names = [...(rows[0] ?? [])].filter(([, { kind }]) => kind === 'string').map(([name]) => name);
  return new Map(names.map((name) => [name, { hasLines: rows.some((row) => hasLines(row.get(name))) }]));
}

const hasLines = (value: Value | undefined): boolean =>
  value?.kind === 'string' && (value.bytes.includes(LF) || value.bytes.includes(CR));
