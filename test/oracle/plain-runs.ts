// The plain form of the scan: whole documents, strings for lines, a set of windows.

import type { MatchRule } from '../../protocol/study.ts';
import type { MatchedDocument, SampleInput, ShardResult } from '../../server/engine/detection.ts';
import { RunCollector } from '../../server/engine/run-collector.ts';
import { readShardRuns, visitRuns } from '../../server/engine/shard-runs.ts';
import { significantLines } from './plain-normalise.ts';
import { numberLines } from './plain-numbers.ts';

/** Consecutive significant lines of one document, as long as every window of them occurs in the samples. */
export interface PlainRun {
  readonly row: number;
  /** Numbers of the lines among the distinct lines of the samples. */
  readonly classes: readonly number[];
  readonly rawLines: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Finds the runs of documents, one after the other. */
function plainFinder(samples: readonly SampleInput[], rule: MatchRule) {
  const { minLines, profile } = rule;
  const numbered = numberLines(samples, profile);
  const windows = new Set<string>();
  for (const { classes } of numbered.samples) {
    for (let i = 0; i + minLines <= classes.length; i++) windows.add(classes.slice(i, i + minLines).join());
  }
  return (row: number, text: Uint8Array): PlainRun[] => {
    const lines = significantLines(text, profile);
    const classes = lines.map(({ key }) => numbered.numberOf.get(key) ?? -1);
    const found: { first: number; end: number }[] = [];
    for (let i = 0; i + minLines <= classes.length; i++) {
      if (!windows.has(classes.slice(i, i + minLines).join())) continue;
      const last = found.at(-1);
      if (last && last.end === i + minLines - 1) last.end++;
      else found.push({ first: i, end: i + minLines });
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
  };
}

export interface PlainDocument {
  readonly row: number;
  readonly byteOffset: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly text: Uint8Array;
}

/** What a scan of these documents must leave behind. */
export function plainScan(
  samples: readonly SampleInput[],
  rule: MatchRule,
  documents: readonly PlainDocument[],
): ShardResult {
  const find = plainFinder(samples, rule);
  const collector = new RunCollector();
  const matched: MatchedDocument[] = [];
  let contentBytes = 0;
  for (const { text, ...document } of documents) {
    contentBytes += text.length;
    for (const run of find(document.row, text)) {
      for (const [i, id] of run.classes.entries()) {
        collector.addLine(id, run.rawLines[i]!, run.starts[i]!, run.ends[i]!, i === 0 ? 1 : 0);
      }
    }
    if (collector.keepRow(document.row)) matched.push(document);
  }
  const partial = collector.encode();
  return { nRows: documents.length, contentBytes, documents: matched, partial, problems: [] };
}

/** The runs in a partial result whose places are all kept. */
export function decodeRuns(partial: Uint8Array): PlainRun[] {
  const shard = readShardRuns(partial);
  const runs: PlainRun[] = [];
  visitRuns(shard, partial, (row, run, layout) => {
    const classes = Array.from(shard.lines.subarray(shard.starts[run], shard.starts[run + 1]));
    const take = (values: Float64Array) => Array.from(values.subarray(0, classes.length));
    if (!layout) throw new Error('This oracle is for fewer places');
    const { rawLines, starts, ends } = layout;
    runs.push({ row, classes, rawLines: take(rawLines), starts: take(starts), ends: take(ends) });
  });
  return runs;
}
