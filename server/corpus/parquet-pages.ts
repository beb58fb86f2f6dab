// The pages of a Parquet column chunk, by their headers: where each lies and how many rows it has, so that a chunk of any
// size is read a few pages at a time. The library reads whole chunks alone. The headers: parquet.thrift, PageHeader, in
// Thrift's compact protocol.

import type { ColumnMetaData } from 'hyparquet';
import type { ByteSource } from './byte-source.ts';
import { MAX_EXPANSION } from './inflate.ts';
import type { Failure } from './parquet-groups.ts';

export interface ParquetPage {
  readonly kind: 'dictionary' | 'data';
  /** Place of its header in the file. */
  readonly start: number;
  /** With its header. */
  readonly nBytes: number;
  readonly nUnpacked: number;
  /** In a column that has one value a row; 0 for a dictionary. */
  readonly nRows: number;
}

/** What a page may take, for one that is packed well. */
const HARMLESS_BYTES = 64 << 20;
const FIRST_READ_BYTES = 16 << 10;
/** A header may hold the least and the greatest text. */
const LONGEST_HEADER_BYTES = 32 << 20;
const MOST_PAGES = 10_000_000;

/** The pages of a column that is neither nested nor repeated. */
export async function pagesOf(
  source: ByteSource,
  column: ColumnMetaData,
): Promise<readonly ParquetPage[] | Failure> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = Math.min(source.byteLength, start + Number(column.total_compressed_size));
  const pages: ParquetPage[] = [];
  const left = Number(column.num_values);
  let nRows = 0;
  for (let at = start; at < end && nRows < left; ) {
    const header = await headerAt(source, at, end);
    if (!header) return corrupt(`the page at byte ${at} has no header`);
    const { nHeaderBytes, nPacked, nUnpacked, kind, nValues } = header;
    if (at + nHeaderBytes + nPacked > end)
      return { kind: 'truncated', failure: `the page at byte ${at} ends behind its column` };
    if (nUnpacked > HARMLESS_BYTES + MAX_EXPANSION * nPacked)
      return { kind: 'expands', failure: `the page at byte ${at} takes ${nUnpacked} bytes of memory` };
    if (nValues > left - nRows) return corrupt(`the page at byte ${at} has ${nValues} values`);
    const nBytes = nHeaderBytes + nPacked;
    if (kind) pages.push({ kind, start: at, nBytes, nUnpacked, nRows: nValues });
    if (pages.length > MOST_PAGES) return corrupt('it has more pages than can be meant');
    nRows += nValues;
    at += nBytes;
  }
  return nRows === left ? pages : { kind: 'truncated', failure: `its pages hold ${nRows} of ${left} values` };
}

const corrupt = (failure: string): Failure => ({ kind: 'corrupt', failure });

interface PageHeader {
  readonly kind: ParquetPage['kind'] | undefined;
  readonly nHeaderBytes: number;
  readonly nPacked: number;
  readonly nUnpacked: number;
  readonly nValues: number;
}

async function headerAt(source: ByteSource, at: number, end: number): Promise<PageHeader | undefined> {
  for (let nBytes = FIRST_READ_BYTES; nBytes <= LONGEST_HEADER_BYTES; nBytes *= 16) {
    const bytes = await source.read(at, Math.min(nBytes, end - at));
    const header = parseHeader(bytes);
    if (header !== 'short') return header;
    if (bytes.length < nBytes) return undefined;
  }
  return undefined;
}

/** Fields of PageHeader, of DataPageHeader and its second version. */
const TYPE = 1;
const UNPACKED_SIZE = 2;
const PACKED_SIZE = 3;
const DATA_PAGE = 5;
const DATA_PAGE_2 = 8;
const NUM_VALUES = 1;

function parseHeader(bytes: Buffer): PageHeader | 'short' | undefined {
  const reader = new CompactReader(bytes);
  const numbers = new Map<number, number>();
  let nValues = 0;
  try {
    reader.struct((id, type) => {
      if ((id === DATA_PAGE || id === DATA_PAGE_2) && type === STRUCT) {
        reader.struct((inner, innerType) => {
          if (inner === NUM_VALUES && innerType === I32) nValues = reader.integer();
          else reader.skip(innerType);
        });
      } else if (type === I32) numbers.set(id, reader.integer());
      else reader.skip(type);
    });
  } catch (error) {
    if (error instanceof RangeError) return reader.isBeyond ? 'short' : undefined;
    throw error;
  }
  const [type, nUnpacked = -1, nPacked = -1] = [TYPE, UNPACKED_SIZE, PACKED_SIZE].map((id) =>
    numbers.get(id),
  );
  if (nUnpacked < 0 || nPacked < 0 || nValues < 0) return undefined;
  const kind = type === 2 ? 'dictionary' : type === 0 || type === 3 ? 'data' : undefined;
  return { kind, nHeaderBytes: reader.at, nPacked, nUnpacked, nValues: kind === 'data' ? nValues : 0 };
}

const STOP = 0;
const I32 = 5;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;
const MAX_DEPTH = 16;

/** Throws `RangeError` where the bytes end, which `isBeyond` says, or are none of the protocol. */
class CompactReader {
  readonly #bytes: Buffer;
  at = 0;
  isBeyond = false;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  struct(field: (id: number, type: number) => void): void {
    if (++this.#depth > MAX_DEPTH) throw new RangeError('too deep');
    for (let id = 0; ; ) {
      const head = this.#byte();
      const type = head & 15;
      if (type === STOP) break;
      id = head >> 4 ? id + (head >> 4) : this.integer();
      field(id, type);
    }
    this.#depth--;
  }

  /** In zigzag; more than 53 bits are none of a header. */
  integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  skip(type: number): void {
    if (type === 1 || type === 2) return;
    if (type === 3) this.#move(1);
    else if (type >= 4 && type <= 6) this.#varint();
    else if (type === 7) this.#move(8);
    else if (type === BINARY) this.#move(this.#varint());
    else if (type === LIST || type === SET) this.#skipList();
    else if (type === STRUCT) this.struct((_, inner) => this.skip(inner));
    else throw new RangeError('no such type');
  }

  #skipList(): void {
    const head = this.#byte();
    const n = head >> 4 === 15 ? this.#varint() : head >> 4;
    for (let i = 0; i < n; i++) {
      // Booleans of a list take a byte each.
      if ((head & 15) <= 2) this.#move(1);
      else this.skip(head & 15);
    }
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('too long');
  }

  #byte(): number {
    this.#move(1);
    return this.#bytes[this.at - 1]!;
  }

  #move(nBytes: number): void {
    this.at += nBytes;
    if (this.at <= this.#bytes.length) return;
    this.isBeyond = true;
    throw new RangeError('beyond the bytes');
  }
}
