// Scans one shard with one kernel: the bytes of its rows, or its documents where they are no JSON lines.

import type { ColumnNames } from '../../protocol/study.ts';
import { overwritesChunks, readBytes, readLines, type StreamOptions } from '../corpus/byte-stream.ts';
import { questionProblem } from '../corpus/column-question.ts';
import { FileTally } from '../corpus/file-tally.ts';
import { breaksOff } from '../corpus/open-shard.ts';
import { plainRows } from '../corpus/plain-rows.ts';
import { describeMissing, type ResolvedColumns, withBrief } from '../corpus/resolve-columns.ts';
import type { Shard } from '../corpus/shard.ts';
import type { MatchedDocument, RestartPoint, ShardResult } from '../engine/detection.ts';
import { RunCollector } from '../engine/run-collector.ts';
import { releaseChunk } from './release-chunk.ts';
import { FirstProblems, placeOfRow, rowProblem } from './row-problems.ts';
import type { KernelListener, ScanKernel } from './scan-kernel.ts';
import type { ScanHooks, ShardScanner } from './shard-scanner.ts';

export const kernelScanner = (kernel: ScanKernel): ShardScanner => ({
  async scan(shard, hooks) {
    const columns = await plainRows(shard, hooks.signal);
    return columns ? scanRows(kernel, shard, columns, hooks) : scanDocuments(kernel, shard, hooks);
  },
});

async function scanRows(
  kernel: ScanKernel,
  shard: Shard,
  columns: ResolvedColumns,
  hooks: ScanHooks,
): Promise<ShardResult> {
  const collector = new RunCollector();
  const documents: MatchedDocument[] = [];
  const problems = new FirstProblems();
  const restartPoints: RestartPoint[] = [];
  const { present, question } = columns;
  if (question) {
    problems.add(questionProblem(shard, question));
    return { nRows: 0, contentBytes: 0, documents, partial: collector.encode(), ...problems.all() };
  }
  const describe = describeMissing(columns);
  const { part } = shard;
  const [firstRow, firstByte] = [part?.rows.fromRow ?? 0, part?.bytes?.from ?? 0];
  let broken = false;
  const listener: KernelListener = {
    ...collectInto(collector),
    onRow(status) {
      const row = firstRow + kernel.row;
      const byteOffset = firstByte + kernel.rowOffset;
      if (status === 'ok') {
        collector.keepRow(row);
        const column = kernel.column.bind(kernel);
        const provenance = {
          repository: column('repository'),
          path: column('path'),
          license: column('license'),
        };
        documents.push({ row, byteOffset, ...provenance });
        return;
      }
      collector.dropRow();
      const problem = rowProblem(shard, status, row, byteOffset, describe);
      problems.add(part ? withBrief(problem, placeOfRow(shard, row, byteOffset), columns) : problem);
    },
  };
  kernel.beginRows(listener, columns.names);
  const isOverwritten = hooks.readAhead === 'none' && overwritesChunks(shard);
  const options: StreamOptions = {
    signal: hooks.signal,
    onBytes: (diskBytes) => hooks.onBytes(diskBytes, firstByte + kernel.rowOffset),
    onProblem(problem) {
      if (breaksOff(problem)) broken = true;
      problems.add(problem);
    },
    onRestartPoint: (point) => void keepUseful(restartPoints, point, documents.at(-1)),
    into: isOverwritten ? kernel.input : undefined,
  };
  const chunks = part?.bytes ? readLines(shard, part.bytes, options) : readBytes(shard, options);
  for await (const chunk of hooks.readAhead === 'none' ? chunks : readAhead(chunks)) {
    kernel.appendRows(chunk);
    if (!isOverwritten) releaseChunk(chunk);
  }
  if (!broken) kernel.endRows();
  const { nRows, contentBytes } = kernel;
  const found = { nRows, contentBytes, documents, partial: collector.encode(), restartPoints };
  return { ...found, columns: present, ...problems.all() };
}

/** A point that no document with a match was read from is of no use once there is a later one. */
function keepUseful(
  points: RestartPoint[],
  point: RestartPoint,
  lastMatch: MatchedDocument | undefined,
): void {
  const before = points.at(-1);
  if (before && (lastMatch === undefined || lastMatch.byteOffset < before.byteOffset)) points.pop();
  points.push(point);
}

/** Asks for the next chunk before the one at hand is used. */
async function* readAhead(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ahead = chunks.next();
  try {
    for (;;) {
      const { value, done } = await ahead;
      if (done) return;
      ahead = chunks.next();
      // Its failure belongs to the next turn.
      ahead.catch(() => {});
      yield value;
    }
  } finally {
    await chunks.return(undefined);
  }
}

async function scanDocuments(kernel: ScanKernel, shard: Shard, hooks: ScanHooks): Promise<ShardResult> {
  const collector = new RunCollector();
  const documents: MatchedDocument[] = [];
  const problems = new FirstProblems();
  const listener: KernelListener = { ...collectInto(collector), onRow: () => {} };
  const files = new FileTally();
  let columns: ColumnNames | undefined;
  let nRows = 0;
  let contentBytes = 0;
  // Only here: the readers of other formats are large, and most shards are JSON lines.
  const { readDocuments } = await import('../corpus/read-documents.ts');
  const read = readDocuments(shard, {
    signal: hooks.signal,
    onBytes: (diskBytes) => hooks.onBytes(diskBytes, 0),
    onProblem: (problem) => problems.add(problem),
    onFile: (fate, path) => files.add(fate, path),
    onColumns: (present) => {
      columns = present;
    },
  });
  for await (const { text, ...document } of read) {
    kernel.beginText(listener);
    kernel.appendText(text);
    contentBytes += kernel.endText();
    nRows++;
    hooks.onBytes(0, 0); // It gets on, also inside a large row group.
    if (collector.keepRow(document.row)) documents.push(document);
  }
  const found = {
    ...{ nRows, contentBytes, documents, partial: collector.encode() },
    ...(columns && { columns }),
    ...problems.all(),
  };
  return shard.format === 'folder' ? { ...found, files: files.all() } : found;
}

const collectInto = (collector: RunCollector): Omit<KernelListener, 'onRow'> => ({
  onLine: (line, rawLine, start, end, beginsRun) => collector.addLine(line, rawLine, start, end, beginsRun),
  onRepeats: (nLines, stride) => collector.addRepeats(nLines, stride),
});
