// Rows of a large Parquet row group, a few pages at a time: the library is given a file that holds only these pages of one
// column, with a description of a row group that has no others.

import { type ColumnChunk, type FileMetaData, parquetSchema, type RowGroup } from 'hyparquet';
import type { ByteSource } from './byte-source.ts';
import { doubtGroup, type Failure, knownColumns } from './parquet-groups.ts';
import { type ParquetPage, pagesOf } from './parquet-pages.ts';

/** The columns of one kind of piece: its values, or why there are none. */
export type ReadColumn = (
  source: ByteSource,
  metadata: FileMetaData,
  name: string,
  range: RowsInGroup,
) => Promise<unknown[] | Failure>;

/** Rows of a group. */
export interface RowsInGroup {
  readonly first: number;
  readonly last: number;
}

export interface Piece extends RowsInGroup {
  /** Values of each column, by its name. */
  readonly values: ReadonlyMap<string, readonly unknown[]> | Failure;
}

/**
 * The pieces of some rows, in order. `names`: the columns to read, the text's first. Pages that are read together take at most
 * `pieceBytes` of memory; one that is larger is read alone.
 */
export async function* piecesOf(
  source: ByteSource,
  metadata: FileMetaData,
  group: RowGroup,
  names: readonly string[],
  { first, last }: RowsInGroup,
  readColumn: ReadColumn,
  pieceBytes: number,
): AsyncGenerator<Piece> {
  const columns = new Map<string, PagedColumn | Failure>();
  for (const name of names) columns.set(name, await openColumn(source, metadata, group, name, pieceBytes));
  const text = columns.get(names[0]!)!;
  if ('failure' in text) return yield { first, last, values: text };
  for (let from = first; from < last; ) {
    const to = Math.min(last, text.endOfPiece(from));
    const values = new Map<string, readonly unknown[]>();
    let failure: Failure | undefined;
    for (const [name, column] of columns) {
      const found = 'failure' in column ? column : await column.read({ first: from, last: to }, readColumn);
      if (!('failure' in found)) values.set(name, found);
      // Rows without what else is known of them are rows still.
      else if (column === text) failure = found;
    }
    yield { first: from, last: to, values: failure ?? values };
    from = to;
  }
}

interface PagedColumn {
  /** The end of the rows from `from` on that are enough for one piece. */
  endOfPiece(from: number): number;
  read(range: RowsInGroup, readColumn: ReadColumn): Promise<unknown[] | Failure>;
}

async function openColumn(
  source: ByteSource,
  metadata: FileMetaData,
  group: RowGroup,
  name: string,
  pieceBytes: number,
): Promise<PagedColumn | Failure> {
  const known = knownColumns(group, metadata).columns.filter(
    (column) => column.meta_data?.path_in_schema[0] === name,
  );
  const isNested = parquetSchema(metadata).children.some(
    ({ element, children }) => element.name === name && children.length > 0,
  );
  const [chunk] = known;
  if (!chunk?.meta_data) return { kind: 'corrupt', failure: `it has no column ${name}` };
  if (isNested) return new WholeColumn(source, metadata, { ...group, columns: known }, name);
  const { repetition_type: repetition } = parquetSchema(metadata).children.find(
    ({ element }) => element.name === name,
  )!.element;
  if (repetition === 'REPEATED')
    return { kind: 'corrupt', failure: `the column ${name} has no one value a row` };
  const doubt = doubtPlaces(chunk);
  if (doubt) return doubt;
  const pages = await pagesOf(source, chunk.meta_data);
  if ('failure' in pages) return pages;
  const nRows = pages.reduce((sum, page) => sum + page.nRows, 0);
  if (nRows !== Number(group.num_rows))
    return { kind: 'corrupt', failure: `the column ${name} holds ${nRows} rows and not ${group.num_rows}` };
  return new FlatColumn(source, metadata, chunk, pages, name, pieceBytes);
}

function doubtPlaces({ meta_data: column }: ColumnChunk): Failure | undefined {
  const numbers = [column?.total_compressed_size, column?.data_page_offset, column?.num_values].map(Number);
  const areNumbers = numbers.every((number) => Number.isSafeInteger(number) && number >= 0);
  return areNumbers ? undefined : { kind: 'corrupt', failure: 'a column has a size that is none' };
}

/** What stands before the pages in a file that is made of them: no page is at byte 0. */
const MARK_BYTES = 4;

class FlatColumn implements PagedColumn {
  readonly #source: ByteSource;
  readonly #metadata: FileMetaData;
  readonly #chunk: ColumnChunk;
  readonly #name: string;
  readonly #pieceBytes: number;
  readonly #dictionary: ParquetPage | undefined;
  readonly #pages: readonly ParquetPage[];
  /** The first row of each page, and the end. */
  readonly #starts: Float64Array;

  constructor(
    source: ByteSource,
    metadata: FileMetaData,
    chunk: ColumnChunk,
    pages: readonly ParquetPage[],
    name: string,
    pieceBytes: number,
  ) {
    this.#pieceBytes = pieceBytes;
    this.#source = source;
    this.#metadata = metadata;
    this.#chunk = chunk;
    this.#name = name;
    this.#dictionary = pages.find(({ kind }) => kind === 'dictionary');
    this.#pages = pages.filter(({ kind, nRows }) => kind === 'data' && nRows > 0);
    this.#starts = new Float64Array(this.#pages.length + 1);
    for (const [i, { nRows }] of this.#pages.entries()) this.#starts[i + 1] = this.#starts[i]! + nRows;
  }

  endOfPiece(from: number): number {
    let page = this.#pageAt(from);
    let nBytes = 0;
    do nBytes += this.#pages[page++]!.nUnpacked;
    while (page < this.#pages.length && nBytes + this.#pages[page]!.nUnpacked <= this.#pieceBytes);
    return this.#starts[page]!;
  }

  /** The last page that begins at or before the row. */
  #pageAt(row: number): number {
    let low = 0;
    let high = this.#pages.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle;
    }
    return low;
  }

  async read({ first, last }: RowsInGroup, readColumn: ReadColumn): Promise<unknown[] | Failure> {
    const values: unknown[] = [];
    for (let from = first; from < last; ) {
      const to = Math.min(last, this.endOfPiece(from));
      const some = await this.#readPages(from, to, readColumn);
      if ('failure' in some) return some;
      for (const value of some) values.push(value);
      from = to;
    }
    return values;
  }

  async #readPages(first: number, last: number, readColumn: ReadColumn): Promise<unknown[] | Failure> {
    const firstPage = this.#pageAt(first);
    const pages = this.#pages.slice(firstPage, this.#pageAt(last - 1) + 1);
    const dictionary = this.#dictionary;
    const parts = [...(dictionary ? [dictionary] : []), ...pages];
    const file = new PagesSource(this.#source, parts);
    const nBefore = this.#starts[firstPage]!;
    const nRows = BigInt(this.#starts[firstPage + pages.length]! - nBefore);
    const { meta_data: column } = this.#chunk;
    if (!column) return { kind: 'corrupt', failure: 'a column is not described' };
    const { dictionary_page_offset: _, ...rest } = column;
    const chunk: ColumnChunk = {
      file_offset: 0n,
      meta_data: {
        ...rest,
        num_values: nRows,
        total_compressed_size: BigInt(file.byteLength - MARK_BYTES),
        data_page_offset: BigInt(MARK_BYTES + (dictionary?.nBytes ?? 0)),
        ...(dictionary && { dictionary_page_offset: BigInt(MARK_BYTES) }),
      },
    };
    const group: RowGroup = { columns: [chunk], total_byte_size: BigInt(file.byteLength), num_rows: nRows };
    const metadata = { ...this.#metadata, num_rows: nRows, row_groups: [group] };
    return await readColumn(file, metadata, this.#name, { first: first - nBefore, last: last - nBefore });
  }
}

/** Pages one behind the other, as if they were a file. */
class PagesSource implements ByteSource {
  readonly byteLength: number;
  readonly #source: ByteSource;
  readonly #parts: { readonly at: number; readonly start: number; nBytes: number }[] = [];

  constructor(source: ByteSource, pages: readonly ParquetPage[]) {
    this.#source = source;
    let at = MARK_BYTES;
    for (const { start, nBytes } of pages) {
      const last = this.#parts.at(-1);
      // What stands together is read at once, and needs no copy.
      if (last && last.start + last.nBytes === start) last.nBytes += nBytes;
      else this.#parts.push({ at, start, nBytes });
      at += nBytes;
    }
    this.byteLength = at;
  }

  async read(position: number, nBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (const part of this.#parts) {
      const from = Math.max(position, part.at);
      const to = Math.min(position + nBytes, part.at + part.nBytes);
      if (from < to) pieces.push(await this.#source.read(part.start + from - part.at, to - from));
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
}

/** A nested column, whose pages do not tell their rows: it is read as a whole, once. */
class WholeColumn implements PagedColumn {
  readonly #source: ByteSource;
  readonly #metadata: FileMetaData;
  readonly #group: RowGroup;
  readonly #name: string;
  #values: unknown[] | Failure | undefined;

  constructor(source: ByteSource, metadata: FileMetaData, group: RowGroup, name: string) {
    this.#source = source;
    this.#metadata = { ...metadata, num_rows: group.num_rows, row_groups: [group] };
    this.#group = group;
    this.#name = name;
  }

  endOfPiece(): number {
    return Number(this.#group.num_rows);
  }

  async read({ first, last }: RowsInGroup, readColumn: ReadColumn): Promise<unknown[] | Failure> {
    this.#values ??=
      doubtGroup(this.#group, [this.#name], this.#source.byteLength) ??
      (await readColumn(this.#source, this.#metadata, this.#name, {
        first: 0,
        last: Number(this.#group.num_rows),
      }));
    return 'failure' in this.#values ? this.#values : this.#values.slice(first, last);
  }
}
