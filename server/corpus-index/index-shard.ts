// Reads one shard for an index with one kernel, as a scan would: the keys of its windows, and its documents.

import { join } from 'node:path';
import type { DataProblem } from '../../protocol/errors.ts';
import { overwritesChunks, readBytes } from '../corpus/byte-stream.ts';
import { questionProblem } from '../corpus/column-question.ts';
import type { Columns } from '../corpus/columns.ts';
import { FileTally } from '../corpus/file-tally.ts';
import { breaksOff } from '../corpus/open-shard.ts';
import { plainRows } from '../corpus/plain-rows.ts';
import { describeMissing, type ResolvedColumns } from '../corpus/resolve-columns.ts';
import type { Shard } from '../corpus/shard.ts';
import type { RestartPoint, ShardResult } from '../engine/detection.ts';
import { releaseChunk } from '../kernel/release-chunk.ts';
import { FirstProblems, rowProblem } from '../kernel/row-problems.ts';
import type { DocumentPage, KernelListener, ScanKernel } from '../kernel/scan-kernel.ts';
import type { ThreadHooks } from '../kernel/shard-thread.ts';
import { PageWriter } from './document-pages.ts';
import { MAX_DOCUMENTS } from './postings.ts';
import type { Stored } from './segment-header.ts';
import { type SpillFile, SpillWriter } from './spill.ts';

/** A restart point, with the row that was being read when a scan would note it. */
export interface IndexedRestart extends RestartPoint {
  readonly row: number;
}

export interface IndexedShard {
  readonly nRows: number;
  readonly contentBytes: number;
  /** Documents that are long enough to hold a window. */
  readonly nDocuments: number;
  readonly problems: readonly DataProblem[];
  readonly nProblems: number;
  /** Their windows lie in the spill file. */
  readonly restarts: readonly Stored<IndexedRestart>[];
  /** Closer places, from which documents are opened. */
  readonly blocks: readonly Stored<RestartPoint>[];
  /** How the columns of JSON lines are called. */
  readonly columns: Columns | null;
  readonly reading: Reading;
  readonly spill: SpillFile;
}

/** What a scan would tell of its reading: the columns that were there, and what became of a folder's files. */
export type Reading = Pick<ShardResult, 'columns' | 'files'>;

export async function indexShard(
  kernel: ScanKernel,
  shard: Shard,
  folder: string,
  hooks: ThreadHooks,
): Promise<IndexedShard> {
  const spill = new SpillWriter(join(folder, `spill-${shard.index}`));
  using documents = new DocumentWriter(spill, shard);
  try {
    kernel.beginRecords();
    const columns = await plainRows(shard, hooks.signal);
    const result = columns
      ? await readRows(kernel, shard, columns, documents, hooks)
      : await readTexts(kernel, shard, documents, hooks);
    kernel.endRecords();
    return { ...result, nDocuments: documents.nDocuments, spill: spill.end() };
  } catch (error) {
    spill.close();
    throw error;
  }
}

type ReadShard = Omit<IndexedShard, 'nDocuments' | 'spill'>;

async function readRows(
  kernel: ScanKernel,
  shard: Shard,
  columns: ResolvedColumns,
  documents: DocumentWriter,
  hooks: ThreadHooks,
): Promise<ReadShard> {
  const problems = new FirstProblems();
  const restarts: Stored<IndexedRestart>[] = [];
  const blocks: Stored<RestartPoint>[] = [];
  const { names, present, question } = columns;
  if (question) {
    problems.add(questionProblem(shard, question));
    return { nRows: 0, contentBytes: 0, restarts, blocks, columns: names, reading: {}, ...problems.all() };
  }
  const describe = describeMissing(columns);
  let broken = false;
  kernel.beginRows(
    {
      ...documents.listener(),
      onRow(status) {
        if (status !== 'ok') problems.add(rowProblem(shard, status, kernel.row, kernel.rowOffset, describe));
      },
    },
    columns.names,
  );
  const chunks = readBytes(shard, {
    signal: hooks.signal,
    onBytes: (diskBytes) => hooks.onBytes(diskBytes, kernel.rowOffset),
    onProblem(problem) {
      if (breaksOff(problem)) broken = true;
      problems.add(problem);
    },
    onRestartPoint: (point) => void restarts.push({ ...documents.stored(point), row: kernel.row }),
    onBlockStart: (point) => void blocks.push(documents.stored(point)),
    into: kernel.input,
  });
  for await (const chunk of chunks) {
    kernel.appendRows(chunk);
    if (!overwritesChunks(shard)) releaseChunk(chunk);
  }
  if (!broken) kernel.endRows();
  const { nRows, contentBytes } = kernel;
  return {
    nRows,
    contentBytes,
    restarts,
    blocks,
    columns: names,
    reading: { columns: present },
    ...problems.all(),
  };
}

async function readTexts(
  kernel: ScanKernel,
  shard: Shard,
  documents: DocumentWriter,
  hooks: ThreadHooks,
): Promise<ReadShard> {
  const problems = new FirstProblems();
  const files = new FileTally();
  let reading: Reading = {};
  let nRows = 0;
  let contentBytes = 0;
  // Only here, as in a scan: the readers of other formats are large.
  const { readDocuments } = await import('../corpus/read-documents.ts');
  const read = readDocuments(shard, {
    signal: hooks.signal,
    onBytes: (diskBytes) => hooks.onBytes(diskBytes, 0),
    onProblem: (problem) => problems.add(problem),
    onFile: (fate, path) => files.add(fate, path),
    onColumns: (columns) => {
      reading = { columns };
    },
  });
  const listener = documents.listener();
  for await (const { text, ...document } of read) {
    kernel.beginText(listener);
    kernel.appendText(text);
    contentBytes += kernel.endText();
    nRows++;
    hooks.onBytes(0, 0);
    kernel.keepText(document);
  }
  if (shard.format === 'folder') reading = { files: files.all() };
  return { nRows, contentBytes, restarts: [], blocks: [], columns: null, reading, ...problems.all() };
}

/** Writes the documents that hold a window, and the records of the kernel, which numbers them alike. */
class DocumentWriter {
  readonly #spill: SpillWriter;
  readonly #shard: Shard;
  readonly #page = new PageWriter();
  #n = 0;

  constructor(spill: SpillWriter, shard: Shard) {
    this.#spill = spill;
    this.#shard = shard;
  }

  listener(): KernelListener {
    return {
      onLine() {},
      onRepeats() {},
      onRow() {},
      onPage: (page) => this.#addPage(page),
      onRecords: (records, counts, firstDocument) => this.#spill.addRecords(records, counts, firstDocument),
    };
  }

  /** Puts the window of a point on the disk, too: a large shard has many. */
  stored(point: RestartPoint): Stored<RestartPoint> {
    return { ...point, window: this.#spill.addWindow(point.window) };
  }

  get nDocuments(): number {
    return this.#n;
  }

  #addPage(page: DocumentPage): void {
    this.#n += page.nDocuments;
    if (this.#n >= MAX_DOCUMENTS)
      throw new Error(`${this.#shard.path} has more documents than one shard of an index can`);
    this.#spill.addPage(this.#page.write(page));
  }

  [Symbol.dispose](): void {
    this.#page[Symbol.dispose]();
  }
}
