// Several sets of samples, one scan: what the scan found for all of them together is cut down to what it would
// have found for one of them alone, byte for byte. A window that one set holds is held by all of them
// together, so each of its runs lies inside one run of theirs.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput, ShardResult } from './detection.ts';
import { type DistinctRuns, findOrAddRun, hasRun, newDistinctRuns } from './distinct-runs.ts';
import { RunCollector } from './run-collector.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';
import { readShardRuns, visitRuns } from './shard-runs.ts';

export interface Restriction {
  /** The result of a shard for this set of samples alone. */
  restrict(result: ShardResult): ShardResult;
}

/** One restriction a set. `sets` in the order in which they were scanned together; `together` has the lines of all. */
export function restrictRuns(
  sets: readonly (readonly SampleInput[])[],
  { minLines }: MatchRule,
  together: SampleIndex,
): readonly Restriction[] {
  let firstSample = 0;
  return sets.map((samples) => {
    const first = firstSample;
    firstSample += samples.length;
    return restrictionTo(together, first, firstSample, minLines);
  });
}

/** The samples [first, end) of all. Their lines are numbered anew in order of appearance, as alone. */
function restrictionTo(all: SampleIndex, first: number, end: number, minLines: number): Restriction {
  const numbers = new Int32Array(all.nLines).fill(-1);
  const windows = newDistinctRuns();
  let nNumbers = 0;
  for (let sample = first; sample < end; sample++) {
    const lines: number[] = [];
    for (let at = all.sampleStarts[sample]!; all.sequence[at] !== EDGE; at++) {
      const line = all.sequence[at]!;
      if (numbers[line]! < 0) numbers[line] = nNumbers++;
      lines.push(numbers[line]!);
    }
    const numbered = Uint32Array.from(lines);
    for (let i = 0; i + minLines <= numbered.length; i++) {
      findOrAddRun(windows, numbered.subarray(i, i + minLines));
    }
  }
  return { restrict: (result) => restrictResult(result, numbers, windows, minLines) };
}

function restrictResult(
  result: ShardResult,
  numbers: Int32Array,
  windows: DistinctRuns,
  minLines: number,
): ShardResult {
  const runs = readShardRuns(result.partial);
  // What is left of each distinct run: pieces [first, end), found once however often the run stands there.
  const pieces = Array.from({ length: runs.starts.length - 1 }, (_, run) => {
    const lines = Int32Array.from(
      runs.lines.subarray(runs.starts[run]!, runs.starts[run + 1]!),
      (line) => numbers[line]!,
    );
    return { lines, kept: cutRun(lines, windows, minLines) };
  });
  const collector = new RunCollector();
  const kept = new Set<number>();
  let row = -1;
  const closeRow = () => {
    if (row >= 0 && collector.keepRow(row)) kept.add(row);
  };
  visitRuns(runs, result.partial, (nextRow, run, layout) => {
    if (nextRow !== row) closeRow();
    row = nextRow;
    const { lines, kept: parts } = pieces[run]!;
    for (const { first, end } of parts) {
      for (let i = first; i < end; i++) {
        const place = [layout?.rawLines[i] ?? 0, layout?.starts[i] ?? 0, layout?.ends[i] ?? 0] as const;
        collector.addLine(lines[i]!, ...place, i === first ? 1 : 0);
      }
    }
  });
  closeRow();
  return {
    ...result,
    documents: result.documents.filter((document) => kept.has(document.row)),
    partial: collector.encode(),
  };
}

/** The runs inside a run: neighbouring windows that all stand in the samples. */
function cutRun(lines: Int32Array, windows: DistinctRuns, minLines: number) {
  const numbered = Uint32Array.from(lines);
  const parts: { first: number; end: number }[] = [];
  let previous = -2;
  for (let i = 0; i + minLines <= lines.length; i++) {
    // A line of another set has no number here, and no window holds what stands for it.
    if (!hasRun(windows, numbered.subarray(i, i + minLines))) continue;
    if (previous === i - 1) parts.at(-1)!.end = i + minLines;
    else parts.push({ first: i, end: i + minLines });
    previous = i;
  }
  return parts;
}
