// Scans one shard with one kernel: the bytes of its file, or of the files of its folder.

import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DataProblem } from '../../protocol/errors.ts';
import { readBytes } from '../corpus/byte-stream.ts';
import type { Shard } from '../corpus/shard.ts';
import type { MatchedDocument, ShardResult } from '../engine/detection.ts';
import { RunCollector } from '../engine/run-collector.ts';
import { EnvironmentError, throwIfAborted } from '../errors.ts';
import type { KernelListener, ScanKernel } from './scan-kernel.ts';

export interface ScanHooks {
  readonly signal: AbortSignal;
  /** Bytes taken from the disk since the last call, and the row that is being read. */
  readonly onBytes: (diskBytes: number, byteOffset: number) => void;
  /** Whether the next chunk is read and inflated while one is scanned, which takes a second core. */
  readonly readAhead: 'one-chunk' | 'none';
}

/** Throws when the disk fails: then nothing of the shard counts. Damaged data becomes problems. */
export function scanShard(kernel: ScanKernel, shard: Shard, hooks: ScanHooks): Promise<ShardResult> {
  return shard.format === 'folder' ? scanFolder(kernel, shard, hooks) : scanRows(kernel, shard, hooks);
}

async function scanRows(kernel: ScanKernel, shard: Shard, hooks: ScanHooks): Promise<ShardResult> {
  const collector = new RunCollector();
  const documents: MatchedDocument[] = [];
  const problems: DataProblem[] = [];
  let broken = false;
  kernel.beginRows({
    onLine: collectInto(collector),
    onRow(status) {
      const { row, rowOffset: byteOffset } = kernel;
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
      const what = status === 'not-json' ? 'is no JSON object' : 'has no string "content"';
      const message = `${shard.path}: row ${row} at byte ${byteOffset} ${what}`;
      problems.push({ kind: status, shard: shard.name, byteOffset, message });
    },
  });
  const chunks = readBytes(shard, {
    signal: hooks.signal,
    onBytes: (diskBytes) => hooks.onBytes(diskBytes, kernel.rowOffset),
    onProblem(problem) {
      broken = true;
      problems.push(problem);
    },
  });
  for await (const chunk of hooks.readAhead === 'none' ? chunks : readAhead(chunks)) kernel.appendRows(chunk);
  if (!broken) kernel.endRows();
  const { nRows, contentBytes } = kernel;
  return { nRows, contentBytes, documents, partial: collector.encode(), problems };
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

const FILE_CHUNK_BYTES = 1 << 20;

async function scanFolder(kernel: ScanKernel, shard: Shard, hooks: ScanHooks): Promise<ShardResult> {
  const collector = new RunCollector();
  const documents: MatchedDocument[] = [];
  const listener: KernelListener = { onLine: collectInto(collector), onRow: () => {} };
  const chunk = new Uint8Array(FILE_CHUNK_BYTES);
  let contentBytes = 0;
  for (const [row, file] of shard.files.entries()) {
    if (row % 64 === 0) await new Promise(setImmediate);
    throwIfAborted(hooks.signal);
    const path = join(shard.path, file);
    kernel.beginText(listener);
    try {
      for (const piece of readFile(path, chunk)) {
        kernel.appendText(piece);
        hooks.onBytes(piece.length, 0);
      }
    } catch (cause) {
      throw new EnvironmentError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
    }
    contentBytes += kernel.endText();
    if (collector.keepRow(row)) {
      documents.push({ row, repository: shard.name, path: file, license: '', byteOffset: 0 });
    }
  }
  return { nRows: shard.files.length, contentBytes, documents, partial: collector.encode(), problems: [] };
}

function* readFile(path: string, chunk: Uint8Array): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (let n = readSync(file, chunk); n > 0; n = readSync(file, chunk)) yield chunk.subarray(0, n);
  } finally {
    closeSync(file);
  }
}

const collectInto =
  (collector: RunCollector): KernelListener['onLine'] =>
  (line, rawLine, start, end, beginsRun) =>
    collector.addLine(line, rawLine, start, end, beginsRun);
