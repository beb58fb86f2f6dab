// Compares the samples with the shards of a corpus and hands over one result a shard. This is the plain
// form: one thread, whole documents, a hash map of windows.

import type { DataProblem } from '../../protocol/errors.ts';
import type { MatchRule } from '../../protocol/study.ts';
import { readDocuments } from '../corpus/read-documents.ts';
import type { Shard } from '../corpus/shard.ts';
import type { MatchedDocument, SampleInput, ShardResult } from '../engine/detection.ts';
import { encodeRuns, type MatchedRun } from '../engine/matched-runs.ts';
import { significantLines } from '../engine/normalise.ts';
import { type NumberedLines, numberLines } from '../engine/number-lines.ts';
import { Cancelled, throwIfAborted } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';

export interface ScanRequest {
  readonly samples: readonly SampleInput[];
  readonly rule: MatchRule;
  /** Only those that are still to do. */
  readonly shards: readonly Shard[];
  /** How many cores to use. */
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Of the whole corpus on disk, and of its shards that need no scan any more. */
  readonly totalBytes: number;
  readonly resumedBytes: number;
  /** Called once for each shard that was scanned, in the order in which they end. */
  readonly onShard: (shard: Shard, result: ShardResult) => void;
  /** Called once for each shard that could not be scanned: nothing of it counts, a rerun scans it again. */
  readonly onFailure: (shard: Shard, failure: ShardFailure) => void;
}

export interface ShardFailure {
  /** Start of the row that was being read, in the shard's decompressed stream. */
  readonly byteOffset: number;
  readonly error: Error;
}

/** Throws `Cancelled` within a second of the signal; every other trouble belongs to one shard. */
export async function scanCorpus(request: ScanRequest): Promise<void> {
  const { signal, rule } = request;
  const meter = startMeter(request.report, 'scan', 'bytes', request.totalBytes, request.resumedBytes);
  const index = indexWindows(numberLines(request.samples, rule.profile), rule);
  for (const shard of request.shards) {
    throwIfAborted(signal);
    let byteOffset = 0;
    try {
      const result = await scanShard(shard, index, {
        signal,
        onBytes: (nBytes) => meter.advance(nBytes, shard.name),
        onRow: (offset) => {
          byteOffset = offset;
        },
      });
      request.onShard(shard, result);
    } catch (error) {
      if (error instanceof Cancelled || signal.aborted) throw new Cancelled();
      request.onFailure(shard, { byteOffset, error: error as Error });
    }
  }
}

interface WindowIndex {
  readonly rule: MatchRule;
  readonly numberOf: ReadonlyMap<string, number>;
  readonly windows: ReadonlySet<string>;
}

function indexWindows(numbered: NumberedLines, rule: MatchRule): WindowIndex {
  const windows = new Set<string>();
  for (const { classes } of numbered.samples) {
    for (let i = 0; i + rule.minLines <= classes.length; i++) {
      windows.add(classes.slice(i, i + rule.minLines).join());
    }
  }
  return { rule, numberOf: numbered.numberOf, windows };
}

async function scanShard(
  shard: Shard,
  index: WindowIndex,
  hooks: { signal: AbortSignal; onBytes: (nBytes: number) => void; onRow: (byteOffset: number) => void },
): Promise<ShardResult> {
  const problems: DataProblem[] = [];
  const documents: MatchedDocument[] = [];
  const runs: MatchedRun[] = [];
  let nRows = 0;
  let contentBytes = 0;
  const options = { ...hooks, onProblem: (problem: DataProblem) => void problems.push(problem) };
  for await (const { text, ...document } of readDocuments(shard, options)) {
    hooks.onRow(document.byteOffset);
    nRows++;
    contentBytes += text.length;
    const found = findRuns(document.row, text, index);
    if (found.length > 0) documents.push(document);
    runs.push(...found);
  }
  return { nRows, contentBytes, documents, partial: encodeRuns(runs), problems };
}

function findRuns(row: number, text: Uint8Array, { rule, numberOf, windows }: WindowIndex): MatchedRun[] {
  const lines = significantLines(text, rule.profile);
  const classes = lines.map(({ key }) => numberOf.get(key) ?? -1);
  const found: { first: number; end: number }[] = [];
  for (let i = 0; i + rule.minLines <= classes.length; i++) {
    if (!windows.has(classes.slice(i, i + rule.minLines).join())) continue;
    const last = found.at(-1);
    if (last && last.end === i + rule.minLines - 1) last.end++;
    else found.push({ first: i, end: i + rule.minLines });
  }
  return found.map(({ first, end }) => {
    const part = lines.slice(first, end);
    return {
      row,
      classes: classes.slice(first, end),
      rawLines: part.map((line) => line.rawLine),
      starts: part.map((line) => line.start),
      ends: part.map((line) => line.end),
    };
  });
}
