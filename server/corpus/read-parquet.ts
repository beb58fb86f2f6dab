// The documents of a Parquet file, a row group at a time and only the columns that matter, by byte ranges.
// Text stays bytes. A row group that cannot be read is one problem; the next one is tried.

import type { FileHandle } from 'node:fs/promises';
import { type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { throwIfAborted } from '../errors.ts';
import type { StreamOptions } from './byte-stream.ts';
import { type Columns, chooseColumns } from './columns.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { readAt, withShardFile } from './open-shard.ts';
import { parquetCompressors } from './parquet-compressors.ts';
import type { Shard } from './shard.ts';

/** Files whose texts together need more memory than this in one row group are refused by name. */
const MAX_GROUP_BYTES = 4 * 2 ** 30;

/** The documents with rows in `[fromRow, toRow)`, which is the whole file if left out. */
export async function* readParquet(
  shard: Shard,
  options: StreamOptions,
  range: { readonly fromRow: number; readonly toRow: number } = {
    fromRow: 0,
    toRow: Number.POSITIVE_INFINITY,
  },
): AsyncGenerator<CorpusDocument> {
  yield* withShardFile(shard, options.onProblem, (file) => readOpen(file, shard, options, range));
}

async function* readOpen(
  file: FileHandle,
  shard: Shard,
  options: StreamOptions,
  { fromRow, toRow }: { readonly fromRow: number; readonly toRow: number },
): AsyncGenerator<CorpusDocument> {
  const complain = (kind: 'truncated' | 'corrupt' | 'no-content' | 'expands', what: string) =>
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path} ${what}` });
  const source = await asyncBuffer(file, shard);
  const metadata = await readMetadata(source);
  if ('failure' in metadata) return complain(metadata.kind, metadata.failure);
  const columns = parquetColumns(shard, metadata);
  const present = columnNames(metadata);
  if (!present.has(columns.content)) {
    return complain(
      'no-content',
      `has no text column "${columns.content}": its columns are ${[...present].join(', ')}`,
    );
  }
  let groupStart = 0;
  let nReported = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    throwIfAborted(options.signal);
    const groupEnd = groupStart + Number(group.num_rows);
    const first = Math.max(groupStart, fromRow);
    const last = Math.min(groupEnd, toRow);
    const rows = first < last ? await readGroup(source, metadata, columns, first, last) : [];
    if ('failure' in rows) {
      complain(
        rows.kind,
        `rows ${first} to ${last - 1} (row group ${index}) cannot be read: ${rows.failure}`,
      );
    } else yield* documents(rows, first, shard, options);
    const diskBytes = group.columns.reduce(
      (sum, c) => sum + Number(c.meta_data?.total_compressed_size ?? 0),
      0,
    );
    options.onBytes(diskBytes);
    nReported += diskBytes;
    groupStart = groupEnd;
  }
  // Footer and indexes.
  options.onBytes(Math.max(0, source.byteLength - nReported));
}

function* documents(
  rows: readonly (Readonly<Columns> & { text: unknown })[],
  firstRow: number,
  shard: Shard,
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

type Failure = { readonly kind: 'truncated' | 'corrupt' | 'expands'; readonly failure: string };

async function readMetadata(source: Source): Promise<FileMetaData | Failure> {
  try {
    return await parquetMetadataAsync(source);
  } catch (error) {
    // The index stands at the end: a file that was cut has none.
    const message = (error as Error).message;
    const isCut = /footer|metadata|invalid/i.test(message);
    return { kind: isCut ? 'truncated' : 'corrupt', failure: `has no readable Parquet footer (${message})` };
  }
}

/** Rows `[first, last)` of the file, which lie in one group. */
async function readGroup(
  file: Source,
  metadata: FileMetaData,
  columns: Columns,
  first: number,
  last: number,
): Promise<(Columns & { text: unknown })[] | Failure> {
  const present = columnNames(metadata);
  const wanted = [...new Set(Object.values(columns))].filter((name) => present.has(name));
  const nBytes = uncompressedBytes(metadata, first, wanted);
  if (nBytes > MAX_GROUP_BYTES) {
    return { kind: 'expands', failure: `its columns take ${nBytes} bytes of memory` };
  }
  let rows: Record<string, unknown>[] = [];
  try {
    await parquetRead({
      file,
      metadata,
      columns: wanted,
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
    return { kind: 'corrupt', failure: (error as Error).message };
  }
  return rows.map((row) => ({
    text: row[columns.content],
    content: '',
    repository: asText(row[columns.repository]),
    path: asText(row[columns.path]),
    license: asText(row[columns.license]),
  }));
}

/** Uncompressed bytes of the wanted columns in the row group that holds `row`. */
function uncompressedBytes(metadata: FileMetaData, row: number, wanted: readonly string[]): number {
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    if (row < groupStart + Number(group.num_rows)) {
      return group.columns
        .filter((column) => wanted.includes(column.meta_data?.path_in_schema[0] ?? ''))
        .reduce((sum, column) => sum + Number(column.meta_data?.total_uncompressed_size ?? 0), 0);
    }
    groupStart += Number(group.num_rows);
  }
  return 0;
}

/** A text, or a list of them. */
function asText(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(asText).filter(Boolean).join(' OR ');
  return '';
}

const columnNames = (metadata: FileMetaData): ReadonlySet<string> =>
  new Set(parquetSchema(metadata).children.map(({ element }) => element.name));

function parquetColumns(shard: Shard, metadata: FileMetaData): Columns {
  const texts = new Set(
    parquetSchema(metadata)
      .children.filter(({ element, children }) => children.length > 0 || element.type === 'BYTE_ARRAY')
      .map(({ element }) => element.name),
  );
  return chooseColumns(shard.columns, (name) => texts.has(name));
}

interface Source {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

async function asyncBuffer(file: FileHandle, shard: Shard): Promise<Source> {
  const byteLength = (await file.stat()).size;
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const bytes = await readAt(file, start, end - start, shard.path);
      return bytes.length === bytes.buffer.byteLength
        ? (bytes.buffer as ArrayBuffer)
        : (bytes.buffer.slice(0, bytes.length) as ArrayBuffer);
    },
  };
}
