// The documents of a Parquet file, a row group at a time and only the columns that matter, by byte ranges.
// Text stays bytes. A row group that cannot be read is one problem; the next one is tried.

import {
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type RowGroup,
} from 'hyparquet';
import { throwIfAborted } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { StreamOptions } from './byte-stream.ts';
import { questionProblem } from './column-question.ts';
import { type Columns, joinedColumns } from './columns.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { parquetCompressors } from './parquet-compressors.ts';
import { doubtGroup, type Failure, knownColumns } from './parquet-groups.ts';
import { piecesOf, type ReadColumn, type RowsInGroup } from './parquet-pieces.ts';
import { ParquetSource } from './parquet-source.ts';
import { ENCODING_COLUMN, writeReference } from './reference.ts';
import type { RowRange } from './row-range.ts';
import type { Shard } from './shard.ts';
import { chooseTableColumns, type TableNames } from './table-columns.ts';

/** The documents with rows in `range`. */
export async function* readParquet(
  bytes: ByteSource,
  shard: Pick<Shard, 'name' | 'path' | 'columns' | 'contents'>,
  options: StreamOptions,
  { fromRow, toRow }: RowRange,
  /** Groups whose columns take more memory are read a few pages at a time. */
  largeBytes = LARGE_GROUP_BYTES,
): AsyncGenerator<CorpusDocument> {
  const complain = (kind: 'truncated' | 'corrupt' | 'expands', what: string) =>
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path} ${what}` });
  const source = new ParquetSource(bytes);
  const metadata = await readMetadata(source);
  if ('failure' in metadata) return complain(metadata.kind, metadata.failure);
  const chosen = chooseTableColumns(shard.columns, withJoined(tableNames(metadata), shard.columns?.content));
  if ('message' in chosen) return options.onProblem(questionProblem(shard, chosen));
  const { columns, present } = chosen;
  options.onColumns?.(present);
  let groupStart = 0;
  let nReported = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    throwIfAborted(options.signal);
    const nRows = Number(group.num_rows);
    if (!Number.isSafeInteger(nRows) || nRows < 0)
      return complain('corrupt', `says that its row group ${index} has ${nRows} rows`);
    const groupEnd = groupStart + nRows;
    const first = Math.max(groupStart, fromRow);
    const last = Math.min(groupEnd, toRow);
    const range = { first: first - groupStart, last: last - groupStart };
    const diskBytes = packedBytes(group);
    let nLeft = diskBytes;
    for await (const piece of readPieces(
      bytes,
      metadata,
      group,
      { ...columns, isReference: shard.contents !== undefined },
      range,
      largeBytes,
    )) {
      throwIfAborted(options.signal);
      const start = groupStart + piece.first;
      if ('failure' in piece.rows) {
        const what = `rows ${start} to ${groupStart + piece.last - 1} (row group ${index}) cannot be read: ${piece.rows.failure}`;
        complain(piece.rows.kind, what);
      } else yield* documents(piece.rows, start, shard, options);
      const nTold = Math.min(nLeft, Math.floor((diskBytes * (piece.last - piece.first)) / nRows));
      options.onBytes(nTold);
      nLeft -= nTold;
    }
    options.onBytes(nLeft);
    nReported += diskBytes;
    groupStart = groupEnd;
  }
  // Footer and indexes.
  options.onBytes(Math.max(0, source.byteLength - nReported));
}

/** Rows and packed bytes of each row group, in order; none where the footer cannot be read or is not to be believed. */
export async function parquetGroups(
  bytes: ByteSource,
): Promise<readonly { readonly nRows: number; readonly nBytes: number }[]> {
  const metadata = await readMetadata(new ParquetSource(bytes));
  if ('failure' in metadata) return [];
  const groups = metadata.row_groups.map((group) => ({
    nRows: Number(group.num_rows),
    nBytes: packedBytes(group),
  }));
  const isSound = groups.every(
    ({ nRows, nBytes }) => Number.isSafeInteger(nRows) && nRows >= 0 && nBytes >= 0,
  );
  // They share one file: what claims more would be cut into parts without end.
  const total = groups.reduce((sum, { nBytes }) => sum + nBytes, 0);
  return isSound && total <= bytes.byteLength ? groups : [];
}

const packedBytes = ({ columns }: RowGroup): number =>
  columns.reduce((sum, { meta_data: column }) => sum + Number(column?.total_compressed_size ?? 0), 0);

function* documents(
  rows: readonly (Readonly<Columns> & { text: unknown })[],
  firstRow: number,
  shard: Pick<Shard, 'name' | 'path'>,
  { onProblem }: StreamOptions,
): Generator<CorpusDocument> {
  for (const [i, { text, repository, path, license }] of rows.entries()) {
    const row = firstRow + i;
    if (text instanceof Uint8Array) yield { row, byteOffset: 0, repository, path, license, text };
    else
      onProblem({
        kind: 'no-content',
        shard: shard.name,
        byteOffset: 0,
        message: `${shard.path}: row ${row} has no text`,
      });
  }
}

async function readMetadata(source: ParquetSource): Promise<FileMetaData | Failure> {
  try {
    const metadata = await parquetMetadataAsync(source, { geoparquet: false });
    columnNames(metadata); // Throws where the schema is no tree.
    return metadata;
  } catch (error) {
    source.check();
    // The index stands at the end: a file that was cut has none.
    const message = (error as Error).message;
    const isCut = /footer|metadata|invalid/i.test(message);
    return { kind: isCut ? 'truncated' : 'corrupt', failure: `has no readable Parquet footer (${message})` };
  }
}

type ReadRow = Columns & { readonly text: unknown };

interface ReadPiece extends RowsInGroup {
  readonly rows: readonly ReadRow[] | Failure;
}

async function* readPieces(
  source: ByteSource,
  metadata: FileMetaData,
  group: RowGroup,
  { isReference, ...columns }: Columns & { readonly isReference: boolean },
  range: RowsInGroup,
  largeBytes: number,
): AsyncGenerator<ReadPiece> {
  if (range.first >= range.last) return;
  const present = columnNames(metadata);
  const parts = present.has(columns.content) ? [columns.content] : joinedColumns(columns.content);
  const wanted = [
    ...new Set([...parts, ...Object.values(columns), ...(isReference ? [ENCODING_COLUMN] : [])]),
  ].filter((name) => present.has(name));
  const toRow = (value: (name: string) => unknown): ReadRow => ({
    text: textOf(joinTexts(parts.map(value)), isReference ? (value(ENCODING_COLUMN) ?? '') : null),
    content: '',
    repository: asText(value(columns.repository)),
    path: asText(value(columns.path)),
    license: asText(value(columns.license)),
  });
  if (isLarge(group, wanted, largeBytes)) {
    const readColumn: ReadColumn = async (file, described, name, rows) => {
      const found = await readRows(file, described, [name], rows);
      return 'failure' in found ? found : found.map((row) => row[name]);
    };
    for await (const { values, ...rows } of piecesOf(
      source,
      metadata,
      group,
      wanted,
      range,
      readColumn,
      Math.min(largeBytes, PIECE_BYTES),
    )) {
      if ('failure' in values) yield { ...rows, rows: values };
      else {
        const texts = values.get(parts[0]!) ?? [];
        yield { ...rows, rows: texts.map((_, i) => toRow((name) => values.get(name)?.[i])) };
      }
    }
    return;
  }
  const described = {
    ...metadata,
    num_rows: group.num_rows,
    row_groups: [knownColumns(group, metadata)],
  };
  const rows =
    doubtGroup(group, wanted, source.byteLength) ?? (await readRows(source, described, wanted, range));
  yield { ...range, rows: 'failure' in rows ? rows : rows.map((row) => toRow((name) => row[name])) };
}

/** A text in several columns is one, too, where each of them holds texts. */
function withJoined(names: TableNames, content: string | undefined): TableNames {
  if (content === undefined || names.names.includes(content)) return names;
  const parts = joinedColumns(content);
  if (parts.length === 1 || !parts.every((part) => names.texts.includes(part))) return names;
  return { ...names, names: [...names.names, content], texts: [...names.texts, content] };
}

/** What is no text stays what it is, for whoever tells of it. */
function joinTexts(parts: readonly unknown[]): unknown {
  const other = parts.find((part) => !(part instanceof Uint8Array));
  if (parts.length === 1 || other !== undefined) return parts.length === 1 ? parts[0] : other;
  return new Uint8Array(Buffer.concat(parts as Uint8Array[]));
}

/** The content, or a reference to it where there is an encoding, be it empty. */
function textOf(content: unknown, encoding: unknown): unknown {
  if (encoding === null || !(content instanceof Uint8Array)) return content;
  return writeReference(content, encoding instanceof Uint8Array ? encoding : undefined);
}

const LARGE_GROUP_BYTES = 512 << 20;
const PIECE_BYTES = 64 << 20;

function isLarge(group: RowGroup, wanted: readonly string[], largeBytes: number): boolean {
  const sizes = group.columns
    .map(({ meta_data: column }) => column)
    .filter((column) => wanted.includes(column?.path_in_schema[0] ?? ''))
    .map((column) =>
      Math.max(Number(column?.total_compressed_size), Number(column?.total_uncompressed_size)),
    );
  return sizes.reduce((sum, size) => sum + size, 0) > largeBytes;
}

/** Rows of the one group that is described. */
async function readRows(
  source: ByteSource,
  metadata: FileMetaData,
  columns: string[],
  { first, last }: RowsInGroup,
): Promise<Record<string, unknown>[] | Failure> {
  const file = new ParquetSource(source);
  let rows: Record<string, unknown>[] = [];
  try {
    await parquetRead({
      file,
      metadata,
      columns,
      rowStart: first,
      rowEnd: last,
      rowFormat: 'object',
      compressors: parquetCompressors,
      useOffsetIndex: last - first === 1,
      parsers: { stringFromBytes: (bytes: Uint8Array) => bytes, jsonFromBytes: (bytes: Uint8Array) => bytes },
      onComplete: (found) => {
        rows = found;
      },
    });
  } catch (error) {
    file.check();
    return { kind: 'corrupt', failure: (error as Error).message };
  }
  file.check();
  if (rows.length !== last - first)
    return { kind: 'corrupt', failure: `it holds ${rows.length} rows and not ${last - first}` };
  return rows;
}

/** A text, or a list of them. */
function asText(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(asText).filter(Boolean).join(' OR ');
  return '';
}

const columnNames = (metadata: FileMetaData): ReadonlySet<string> =>
  new Set(parquetSchema(metadata).children.map(({ element }) => element.name));

function tableNames(metadata: FileMetaData): TableNames {
  const columns = parquetSchema(metadata).children.map(({ element, children }) => ({
    name: element.name,
    isList: children.length > 0,
    isText: children.length === 0 && element.type === 'BYTE_ARRAY',
  }));
  const named = (isWanted: (column: (typeof columns)[number]) => boolean) =>
    columns.filter(isWanted).map(({ name }) => name);
  return {
    names: named(() => true),
    texts: named(({ isText }) => isText),
    facts: named(({ isText, isList }) => isText || isList),
  };
}
