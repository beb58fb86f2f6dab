// Reads a segment: a few hundred bytes at a time, wherever a text asks, so that an index of any size takes no memory.
// Every piece is checked before it is believed.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import type { Columns } from '../corpus/columns.ts';
import type { FileCount, NamedFile } from '../corpus/file-tally.ts';
import type { RestartPoint } from '../engine/detection.ts';
import { UserError } from '../errors.ts';
import { type Check, has, listOf, oneOf, optional, parseJson, text, whole } from '../json-shape.ts';
import { type IndexedDocument, PAGE_DOCUMENTS, readPage } from './document-pages.ts';
import type { IndexedRestart, Reading } from './index-shard.ts';
import { digestOf, type SegmentEntry } from './manifest.ts';
import { groupOf, placeIn } from './piece-places.ts';
import { bucketOf, isWholeBucket, readBucket, restOf } from './postings.ts';
import {
  HEADER_BYTES,
  type PieceTable,
  type Region,
  readHeader,
  type SegmentHeader,
  type Stored,
} from './segment-header.ts';
import type { StoredShardFacts } from './write-segment.ts';

/** No list of documents and no page takes more; a licence in 16 million files does not. */
const MAX_PIECE_BYTES = 256 << 20;
const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO']);
/** Pages of documents that are held, some 64 documents each. */
const PAGES_HELD = 256;

/** Something in a segment is not what was written there. */
export class DamagedSegment extends UserError {
  readonly file: string;

  constructor(folder: string, file: string, what: string) {
    super(`${join(folder, file)} is damaged: ${what}`, {
      action: `Run: verbatim index repair ${folder}`,
    });
    this.file = file;
  }
}

export class SegmentFile implements Disposable {
  readonly entry: SegmentEntry;
  readonly header: SegmentHeader;
  readonly #folder: string;
  readonly #file: number;
  readonly #pages = new Map<number, readonly IndexedDocument[]>();
  #facts: readonly StoredShardFacts[] | undefined;

  /** Throws `DamagedSegment`. */
  constructor(folder: string, entry: SegmentEntry) {
    this.entry = entry;
    this.#folder = folder;
    try {
      this.#file = openRegularFileSync(join(folder, entry.file));
    } catch (error) {
      // What may not be read now is no reason to read its shards again.
      if (UNREADABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      throw this.damaged(`it cannot be opened (${(error as Error).message})`);
    }
    try {
      this.header = this.#readHeader();
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  damaged(what: string): DamagedSegment {
    return new DamagedSegment(this.#folder, this.entry.file, what);
  }

  /** Calls `visit` with each document that may hold a window with this key. */
  lookUp(high: number, low: number, visit: (document: number) => void): void {
    const { shape } = this.header;
    const rest = restOf(shape, high, low);
    this.visitBucket(bucketOf(shape, high), (found, document) => {
      if (found === rest) visit(document);
      return found <= rest;
    });
  }

  /** All of a bucket, in order, until `visit` wants no more. */
  visitBucket(bucket: number, visit: (rest: number, document: number) => boolean): void {
    const { buckets, postings, shape } = this.header;
    const bytes = this.#piece(buckets, bucket, postings, 'bucket');
    if (!isWholeBucket(bytes, bucket)) throw this.damaged(`bucket ${bucket} has another checksum`);
    try {
      readBucket(shape, bytes, visit);
    } catch (error) {
      if (error instanceof RangeError) throw this.damaged(`bucket ${bucket}: ${error.message}`);
      throw error;
    }
  }

  /** Undefined for a number that no document has. */
  document(number: number): IndexedDocument | undefined {
    const page = Math.floor(number / PAGE_DOCUMENTS);
    return page < this.header.pages.nPieces ? this.page(page)[number % PAGE_DOCUMENTS] : undefined;
  }

  page(page: number): readonly IndexedDocument[] {
    const held = this.#pages.get(page);
    if (held) return held;
    const documents = readPage(this.pageBytes(page));
    if (!documents) throw this.damaged(`page ${page} has another checksum`);
    if (this.#pages.size >= PAGES_HELD) this.#pages.delete(this.#pages.keys().next().value!);
    this.#pages.set(page, documents);
    return documents;
  }

  pageBytes(page: number): Buffer {
    return this.#piece(this.header.pages, page, this.header.documents, 'page');
  }

  /** What is stored of the shard with this number in the segment. */
  facts(shard: number): StoredShardFacts {
    this.#facts ??= this.#readFacts();
    return this.#facts[shard]!;
  }

  restart({ window, ...restart }: Stored<RestartPoint>): RestartPoint {
    return { ...restart, window: this.window(window) };
  }

  window(window: Region): Uint8Array {
    return this.#checked(window, 'a restart point');
  }

  /** The places from which documents of a shard are opened; the window of one is read when it is asked for. */
  startsOf(shard: number): readonly { readonly byteOffset: number; readonly open: () => RestartPoint }[] {
    const { restarts, blocks } = this.facts(shard);
    return (blocks.length > 0 ? blocks : restarts).map((stored) => ({
      byteOffset: stored.byteOffset,
      open: () => this.restart(stored),
    }));
  }

  #readHeader(): SegmentHeader {
    const bytes = this.#read(0, HEADER_BYTES, 'the header');
    const header = readHeader(bytes, this.entry.nBytes);
    if (fstatSync(this.#file).size !== this.entry.nBytes) throw this.damaged('it has another length');
    if (!header || digestOf(bytes) !== this.entry.digest) throw this.damaged('its header is another one');
    return header;
  }

  #readFacts(): readonly StoredShardFacts[] {
    const packed = this.#checked(this.header.shards, 'what it says of its shards');
    const facts = parseJson<readonly StoredShardFacts[]>(unpack(packed), factsShape);
    if (facts?.length !== this.entry.shards.length) throw this.damaged('what it says of its shards is none');
    return facts;
  }

  #checked(region: Region, what: string): Buffer {
    if (region.nBytes < 4 || region.nBytes > MAX_PIECE_BYTES)
      throw this.damaged(`${what} has no such length`);
    const bytes = this.#read(region.at, region.nBytes, what);
    if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0))
      throw this.damaged(`${what} has another checksum`);
    return bytes.subarray(4);
  }

  /** Piece `i` of a region, as the table says. */
  #piece(table: PieceTable, i: number, region: Region, what: string): Buffer {
    const group = groupOf(table, i);
    const { at, nBytes } = placeIn(
      this.#read(table.at + group.at, group.nBytes, `the place of ${what} ${i}`),
      table,
      i,
    );
    if (at + nBytes > region.nBytes || nBytes > MAX_PIECE_BYTES)
      throw this.damaged(`the place of ${what} ${i} is none`);
    return nBytes === 0 ? Buffer.alloc(0) : this.#read(region.at + at, nBytes, `${what} ${i}`);
  }

  #read(at: number, nBytes: number, what: string): Buffer {
    const bytes = Buffer.allocUnsafe(nBytes);
    let nRead = 0;
    while (nRead < nBytes) {
      const n = readSync(this.#file, bytes, nRead, nBytes - nRead, at + nRead);
      if (n === 0) throw this.damaged(`${what} is cut off`);
      nRead += n;
    }
    return bytes;
  }
}

function unpack(packed: Buffer): string {
  try {
    return inflateRawSync(packed, { maxOutputLength: MAX_PIECE_BYTES }).toString('utf8');
  } catch {
    return '';
  }
}

const region = has<Region>({ at: whole, nBytes: whole });
const columnsOrNull: Check = (value) =>
  value === null || has<Columns>({ content: text, repository: text, path: text, license: text })(value);
const columnNames = has<ColumnNames>({
  content: optional(text),
  repository: optional(text),
  path: optional(text),
  license: optional(text),
});
const fate = oneOf('searched', 'passed-over', 'problem');
const files = has<NonNullable<Reading['files']>>({
  counts: listOf(has<FileCount>({ state: fate, reason: text, nFiles: whole })),
  unsearched: listOf(has<NamedFile>({ state: fate, reason: text, path: text })),
});
const factsShape = listOf(
  has<StoredShardFacts>({
    problems: listOf(
      has<DataProblem>({ kind: text, shard: text, byteOffset: whole, message: text } as never),
    ),
    columns: columnsOrNull,
    reading: has<Reading>({ columns: optional(columnNames), files: optional(files) }),
    restarts: listOf(
      has<Stored<IndexedRestart>>({
        ...{ diskOffset: whole, byteOffset: whole, row: whole, window: region },
        nBits: optional(whole),
      }),
    ),
    blocks: listOf(
      has<Stored<RestartPoint>>({
        ...{ diskOffset: whole, byteOffset: whole, window: region },
        nBits: (value) => whole(value) && (value as number) < 8,
      }),
    ),
  }),
);
