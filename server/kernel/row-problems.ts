// What is wrong in a shard, for whoever reads it with the kernel: all of it counted, the first ones kept.

import type { DataProblem } from '../../protocol/errors.ts';
import { MAX_ROW_BYTES } from '../corpus/read-rows.ts';
import type { Shard } from '../corpus/shard.ts';
import type { ShardResult } from '../engine/detection.ts';
import type { RowStatus } from './scan-kernel.ts';

const PROBLEMS_KEPT = 1000;

export function rowProblem(
  shard: Shard,
  status: Exclude<RowStatus, 'ok'>,
  row: number,
  byteOffset: number,
  whatIsMissing: () => string,
): DataProblem {
  const what =
    status === 'no-content'
      ? whatIsMissing()
      : {
          'not-json': 'is no JSON object',
          'too-long': `is longer than ${MAX_ROW_BYTES} bytes and is passed over`,
        }[status];
  const message = `${placeOfRow(shard, row, byteOffset)} ${what}`;
  const kind = status === 'too-long' ? 'expands' : status;
  return { kind, shard: shard.name, byteOffset, message };
}

export const placeOfRow = ({ path }: Shard, row: number, byteOffset: number): string =>
  `${path}: row ${row} at byte ${byteOffset}`;

/** A file that is no shard at all has a problem in every row: all are counted, the first ones kept. */
export class FirstProblems {
  readonly #first: DataProblem[] = [];
  #n = 0;

  add(problem: DataProblem): void {
    if (this.#n++ < PROBLEMS_KEPT) this.#first.push(problem);
  }

  /** Those that are not kept, and were counted elsewhere. */
  addUnkept(n: number): void {
    this.#n += n;
  }

  all(): Required<Pick<ShardResult, 'problems' | 'nProblems'>> {
    return { problems: this.#first, nProblems: this.#n };
  }
}
