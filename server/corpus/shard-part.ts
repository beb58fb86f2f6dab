// A part of a shard that is read by itself: some of its rows, which are numbered as in the whole. Parts of one shard follow each other
// without a gap, and what they give, put together, is what the whole gives.

import type { DataProblem } from '../../protocol/errors.ts';
import type { RowRange } from './row-range.ts';

export interface ShardPart {
  /** Which part it is, from 0, and how many there are. */
  readonly n: number;
  readonly of: number;
  readonly rows: RowRange;
  /** The lines of these rows, in JSON lines. */
  readonly bytes?: ByteRange;
}

export interface ByteRange {
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
}

/** A problem of a part. */
export interface PartProblem extends DataProblem {
  /** Its message where an earlier part has a problem of this kind: the first one in a shard tells more. */
  readonly brief?: string;
}

/** Problems of a shard out of those of its parts, in their order. */
export function joinProblems(parts: readonly (readonly PartProblem[])[]): readonly DataProblem[] {
  const joined: DataProblem[] = [];
  let hasTold = false;
  let changed: DataProblem | undefined;
  for (const { brief, ...problem } of parts.flat()) {
    if (problem.kind === 'changed') changed = problem;
    else if (brief === undefined || !hasTold) joined.push(problem);
    else joined.push({ ...problem, message: brief });
    hasTold ||= brief !== undefined;
  }
  return changed === undefined ? joined : [...joined, changed];
}
