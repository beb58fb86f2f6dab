// Several rows of a shard, read again in one pass over what lies between them where that is shorter than beginning
// anew. It tells what reopen-row.ts tells of each.

import type { RestartPoint } from '../engine/detection.ts';
import { throwIfAborted } from '../errors.ts';
import { readBytes, type StreamOptions } from './byte-stream.ts';
import type { Columns } from './columns.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { holdsRows, isPlainLines } from './holds-rows.ts';
import { withShardFile } from './open-shard.ts';
import { parseRow, type Row } from './parse-row.ts';
import { isReadByPlaces, readByPlaces } from './read-by-places.ts';
import { readDocuments } from './read-documents.ts';
import { readFiles } from './read-files.ts';
import { MAX_ROW_BYTES, splitLines } from './read-rows.ts';
import type { RowPlace } from './reopen-row.ts';
import { restartGzip } from './restart-gzip.ts';
import { restartZstd } from './restart-zstd.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
import { isArchive, packingOf } from './shard-format.ts';

export interface ReopenedRow {
  readonly row: number;
  /** Undefined when the shard no longer has it. */
  readonly text: Uint8Array | undefined;
}

export interface ReopenOptions {
  /** How the columns of JSON lines are called. */
  readonly columns: Columns | null;
  /** Those that could be of use, by their place; the window of one is read when it is asked for. */
  readonly restarts: readonly { readonly byteOffset: number; readonly open: () => RestartPoint }[];
  readonly signal: AbortSignal;
  /** Called now and then while it gets on. */
  readonly onProgress: () => void;
}

/** `places` come by ascending row. Disk errors throw. */
export async function* reopenRows(
  shard: Shard,
  places: readonly RowPlace[],
  options: ReopenOptions,
): AsyncGenerator<ReopenedRow> {
  const stream: StreamOptions = {
    signal: options.signal,
    onBytes: options.onProgress,
    onProblem: () => {},
  };
  if (options.columns && (await holdsRows(shard, options.signal)))
    yield* reopenJsonRows(shard, places, options, stream);
  else if (isReadByPlaces(shard)) yield* reopenNearRows(shard, places, stream);
  else if (isArchive(shard))
    yield* (await import('./archive/read-archive.ts')).reopenMembers(shard, places, stream);
  else if (shard.format === 'folder') yield* reopenFiles(shard, places, stream);
  else yield* pickRows(readDocuments(shard, stream), places);
}

/** Reading on over so many bytes is faster than beginning anew. */
const NEAR_BYTES = 1 << 20;
/** Mostly a row. */
const ROW_BYTES = 32 << 10;

async function* reopenJsonRows(
  shard: Shard,
  places: readonly RowPlace[],
  options: ReopenOptions,
  stream: StreamOptions,
): AsyncGenerator<ReopenedRow> {
  const read = withShardFile(shard, stream, (file) => rowsOf(file, shard, places, options, stream));
  let n = 0;
  for await (const row of read) {
    n++;
    yield row;
  }
  // Nothing is read of a file that is empty, or another one now.
  for (const { row } of places.slice(n)) yield { row, text: undefined };
}

async function* rowsOf(
  file: ShardFile,
  shard: Shard,
  places: readonly RowPlace[],
  options: ReopenOptions,
  stream: StreamOptions,
): AsyncGenerator<ReopenedRow> {
  const isPlain = await isPlainLines(file, shard);
  const cursor = new RowCursor(file, shard, isPlain, options, stream);
  try {
    for (const { row, byteOffset } of places) {
      throwIfAborted(options.signal);
      const line = await cursor.rowAt(byteOffset);
      const parsed: Row | string | undefined =
        line && options.columns ? parseRow(line, options.columns) : undefined;
      yield { row, text: typeof parsed === 'object' ? parsed.content : undefined };
    }
  } finally {
    await cursor.end();
  }
}

/** A stream of the shard that stands somewhere, and is begun anew where that is nearer. */
class RowCursor {
  readonly #file: ShardFile;
  readonly #shard: Shard;
  /** Rows stand in the file where they stand in the stream. */
  readonly #isPlain: boolean;
  readonly #options: ReopenOptions;
  readonly #stream: StreamOptions;
  #chunks: AsyncGenerator<Uint8Array> | undefined;
  #chunk: Uint8Array = new Uint8Array();
  /** Offset of the chunk's first byte. */
  #at = 0;

  constructor(
    file: ShardFile,
    shard: Shard,
    isPlain: boolean,
    options: ReopenOptions,
    stream: StreamOptions,
  ) {
    this.#file = file;
    this.#isPlain = isPlain;
    this.#shard = shard;
    this.#options = options;
    this.#stream = stream;
  }

  async rowAt(byteOffset: number): Promise<Uint8Array | undefined> {
    if (!(await this.#moveTo(byteOffset))) return undefined;
    for await (const { line } of splitLines(this.#rest(), byteOffset, () => {})) {
      return line.length > MAX_ROW_BYTES ? undefined : line;
    }
    return undefined;
  }

  async end(): Promise<void> {
    await this.#chunks?.return(undefined);
    this.#chunks = undefined;
  }

  /** The stream from where it stands; what is read of it stays the chunk at hand. */
  async *#rest(): AsyncGenerator<Uint8Array> {
    yield this.#chunk;
    while (await this.#next()) yield this.#chunk;
  }

  async #next(): Promise<boolean> {
    this.#options.onProgress();
    const { value, done } = await this.#chunks!.next();
    this.#at += this.#chunk.length;
    this.#chunk = done ? new Uint8Array() : value;
    return !done;
  }

  async #moveTo(byteOffset: number): Promise<boolean> {
    const restart = this.#options.restarts.findLast((point) => point.byteOffset <= byteOffset);
    const start = this.#isPlain ? byteOffset : (restart?.byteOffset ?? 0);
    const isAhead = this.#chunks !== undefined && this.#at <= byteOffset;
    const isNear = this.#isPlain ? byteOffset - this.#at < NEAR_BYTES : start <= this.#at;
    if (!isAhead || !isNear) await this.#begin(start, restart);
    while (this.#at + this.#chunk.length <= byteOffset) if (!(await this.#next())) return false;
    const skipped = byteOffset - this.#at;
    this.#chunk = this.#chunk.subarray(skipped);
    this.#at = byteOffset;
    return true;
  }

  async #begin(start: number, restart: ReopenOptions['restarts'][number] | undefined): Promise<void> {
    await this.end();
    this.#chunk = new Uint8Array();
    this.#at = start;
    // The first row may stand behind a byte order mark.
    if (this.#isPlain && start > 0) {
      this.#chunks = plainBytes(this.#file, start);
      return;
    }
    const restarted = restart && (await this.#restart(restart.open()));
    if (!restarted) this.#at = 0;
    this.#chunks = restarted ?? readBytes(this.#shard, this.#stream);
  }

  async #restart(point: RestartPoint): Promise<AsyncGenerator<Uint8Array> | undefined> {
    return packingOf(this.#shard.format) === 'zst'
      ? restartZstd(this.#file, point)
      : restartGzip(this.#file, point);
  }
}

async function* plainBytes(file: ShardFile, start: number): AsyncGenerator<Uint8Array> {
  for (let at = start, nBytes = ROW_BYTES; ; nBytes = Math.min(2 * nBytes, 1 << 20)) {
    const chunk = await file.read(at, nBytes);
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}

/** Rows so near each other are read together: each range opens its row group or batch anew. */
const NEAR_ROWS = 1000;

async function* reopenNearRows(
  shard: Shard,
  places: readonly RowPlace[],
  stream: StreamOptions,
): AsyncGenerator<ReopenedRow> {
  for (let first = 0; first < places.length; ) {
    let end = first + 1;
    while (end < places.length && places[end]!.row - places[end - 1]!.row < NEAR_ROWS) end++;
    const wanted = places.slice(first, end);
    const range = { fromRow: wanted[0]!.row, toRow: wanted.at(-1)!.row + 1 };
    yield* pickRows(readByPlaces(shard, stream, range), wanted);
    first = end;
  }
}

/** The wanted ones of documents that come by ascending row. */
async function* pickRows(
  documents: AsyncGenerator<CorpusDocument>,
  wanted: readonly RowPlace[],
): AsyncGenerator<ReopenedRow> {
  let next = 0;
  if (wanted.length > 0)
    for await (const { row, text } of documents) {
      for (; next < wanted.length && wanted[next]!.row < row; next++)
        yield { row: wanted[next]!.row, text: undefined };
      if (wanted[next]?.row === row) yield { row: wanted[next++]!.row, text };
      if (next === wanted.length) break;
    }
  for (; next < wanted.length; next++) yield { row: wanted[next]!.row, text: undefined };
}

async function* reopenFiles(
  shard: Shard,
  places: readonly RowPlace[],
  stream: StreamOptions,
): AsyncGenerator<ReopenedRow> {
  let next = 0;
  const files = places.map(({ path }) => path);
  for await (const { row, text } of readFiles({ ...shard, files }, stream)) {
    for (; next < row; next++) yield { row: places[next]!.row, text: undefined };
    yield { row: places[next++]!.row, text };
  }
  for (; next < places.length; next++) yield { row: places[next]!.row, text: undefined };
}
