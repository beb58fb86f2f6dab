// The result of a shard out of those of its parts: byte for byte what a scan of the whole leaves.

import { joinProblems } from '../corpus/shard-part.ts';
import type { ShardResult } from '../engine/detection.ts';
import { RunCollector } from '../engine/run-collector.ts';
import { readShardRuns, visitRuns } from '../engine/shard-runs.ts';
import { FirstProblems } from './row-problems.ts';

/** In the order of the parts, all of which are there. */
export function joinParts(results: readonly ShardResult[]): ShardResult {
  const problems = new FirstProblems();
  for (const problem of joinProblems(results.map((result) => result.problems))) problems.add(problem);
  for (const { problems: kept, nProblems = kept.length } of results)
    problems.addUnkept(nProblems - kept.length);
  return {
    ...results[0]!,
    nRows: sum(results, ({ nRows }) => nRows),
    contentBytes: sum(results, ({ contentBytes }) => contentBytes),
    documents: results.flatMap(({ documents }) => documents),
    partial: joinPartials(results.map(({ partial }) => partial)),
    ...problems.all(),
  };
}

const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0);

function joinPartials(partials: readonly Uint8Array[]): Uint8Array {
  const collector = new RunCollector();
  for (const partial of partials) {
    const runs = readShardRuns(partial);
    let row = -1;
    visitRuns(runs, partial, (next, run, layout) => {
      if (next !== row && row >= 0) collector.keepRow(row);
      row = next;
      const first = runs.starts[run]!;
      const end = runs.starts[run + 1]!;
      for (let at = first; at < end; at++) {
        const i = at - first;
        // Places beyond the cap of a part are beyond that of the whole.
        const place = [layout?.rawLines[i] ?? 0, layout?.starts[i] ?? 0, layout?.ends[i] ?? 0] as const;
        collector.addLine(runs.lines[at]!, ...place, at === first ? 1 : 0);
      }
    });
    if (row >= 0) collector.keepRow(row);
  }
  return collector.encode();
}
