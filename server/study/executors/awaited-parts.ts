// Tasks that are merged together, since each holds a part of the same shard: what is in the study file is a shard or nothing of it, so
// results wait until all of them are there.

import type { Shard } from '../../corpus/shard.ts';

export class AwaitedParts {
  /** The first rank of each shard that is in parts, with how many it has. */
  readonly #parts = new Map<number, { readonly first: number; readonly of: number }>();
  readonly #seen = new Set<number>();

  /** `tasks` are all of a plan, in the order of their ranks: parts of a shard stand beside each other, each alone in its task. */
  constructor(tasks: Iterable<unknown>) {
    let rank = 0;
    for (const task of tasks) {
      const part = (task as readonly Shard[])[0]?.part;
      if (part !== undefined) this.#parts.set(rank, { first: rank - part.n, of: part.of });
      rank++;
    }
  }

  /** The ranks to merge now that this one is done, in order; none while others of its shard are not. */
  done(rank: number): readonly number[] {
    const part = this.#parts.get(rank);
    if (part === undefined) return [rank];
    const ranks = Array.from({ length: part.of }, (_, n) => part.first + n);
    this.#seen.add(rank);
    if (!ranks.every((one) => this.#seen.has(one))) return [];
    for (const one of ranks) this.#seen.delete(one);
    return ranks;
  }
}
