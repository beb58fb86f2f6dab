// How often each fragment occurs, exactly: in the corpus and the samples, and in how many different
// documents, repositories and samples.

import type { Events, RunEvents } from './match-events.ts';
import type { FragmentTree } from './maximal-fragments.ts';
import type { ScannedShard } from './prepare-request.ts';
import { type ShardRuns, visitRuns } from './shard-runs.ts';
import type { Steps } from './steps.ts';
import { NONE } from './suffix-automaton.ts';

/** Start positions in the corpus: events at the fragment, or at any longer text that ends with it. */
export function countTrain(tree: FragmentTree, events: Events): Float64Array {
  const train = new Float64Array(tree.nFragments);
  for (let event = 0; event < events.state.length; event++) {
    const fragment = tree.longestWithin(events.state.get(event), events.length.get(event));
    if (fragment !== NONE) train[fragment]! += events.weight[event]!;
  }
  for (let i = tree.nFragments - 1; i >= 0; i--) {
    const fragment = tree.byLength[i]!;
    const parent = tree.parent[fragment]!;
    if (parent !== NONE) train[parent]! += train[fragment]!;
  }
  return train;
}

/**
 * Counts how many different owners hold each fragment. Visiting an owner's texts marks what they end with,
 * and stops where this owner has been: each owner pays for its own fragments once.
 */
export class OwnerCounter {
  readonly counts: Float64Array;
  readonly #lastOwner: Float64Array;
  readonly #parent: Int32Array;

  constructor(tree: FragmentTree) {
    this.counts = new Float64Array(tree.nFragments);
    this.#lastOwner = new Float64Array(tree.nFragments).fill(NONE);
    this.#parent = tree.parent;
  }

  /** All of an owner's fragments must come before those of the next. */
  add(fragment: number, owner: number): void {
    for (let f = fragment; f !== NONE && this.#lastOwner[f] !== owner; f = this.#parent[f]!) {
      this.#lastOwner[f] = owner;
      this.counts[f]!++;
    }
  }
}

/** One shard as this step needs it. */
export interface CountedShard extends ScannedShard {
  readonly runs: ShardRuns;
  readonly runEvents: RunEvents;
}

export function* countDocumentsAndRepositories(
  tree: FragmentTree,
  events: Events,
  shards: readonly CountedShard[],
): Steps<{ nDocuments: Float64Array; nRepositories: Float64Array }> {
  const documents = new OwnerCounter(tree);
  const repositories = new OwnerCounter(tree);
  const runsOf = new RepositoryRuns();
  const tops = shards.map(({ runEvents }) => fragmentsOfRuns(tree, events, runEvents));
  let document = 0;
  for (const [i, { runs, result }] of shards.entries()) {
    const { of, first } = tops[i]!;
    const repositoryOf = new Map(result.documents.map(({ row, repository }) => [row, repository]));
    let lastRow = -1;
    visitRuns(runs, result.partial, (row, run) => {
      if (row !== lastRow) document++;
      lastRow = row;
      for (let at = first[run]!; at < first[run + 1]!; at++) documents.add(of[at]!, document);
      runsOf.add(repositoryOf.get(row) ?? '', i, run);
    });
    yield;
  }
  runsOf.forEach((repository, i, run) => {
    const { of, first } = tops[i]!;
    for (let at = first[run]!; at < first[run + 1]!; at++) repositories.add(of[at]!, repository);
  });
  return { nDocuments: documents.counts, nRepositories: repositories.counts };
}

/** Per run: fragments that together stand for all it holds; the others are ends of these. */
function fragmentsOfRuns(tree: FragmentTree, events: Events, runEvents: RunEvents): RunEvents {
  const of = new Uint32Array(runEvents.of.length);
  const first = new Uint32Array(runEvents.first.length);
  const seen = new OwnerCounter(tree);
  let n = 0;
  for (let run = 0; run + 1 < first.length; run++) {
    first[run] = n;
    const tops: number[] = [];
    for (let at = runEvents.first[run]!; at < runEvents.first[run + 1]!; at++) {
      const event = runEvents.of[at]!;
      const fragment = tree.longestWithin(events.state.get(event), events.length.get(event));
      if (fragment !== NONE) tops.push(fragment);
    }
    tops.sort((a, b) => tree.length[b]! - tree.length[a]!);
    for (const fragment of tops) {
      const before = seen.counts[fragment]!;
      seen.add(fragment, run);
      if (seen.counts[fragment] !== before) of[n++] = fragment;
    }
  }
  first[first.length - 1] = n;
  return { of: of.slice(0, n), first };
}

/** Which runs of which shards each repository holds, gathered so that a repository's come together. */
class RepositoryRuns {
  readonly #runs = new Map<string, Set<number>>();

  add(repository: string, shard: number, run: number): void {
    const key = shard * 2 ** 32 + run;
    const known = this.#runs.get(repository);
    if (known) known.add(key);
    else this.#runs.set(repository, new Set([key]));
  }

  forEach(visit: (repository: number, shard: number, run: number) => void): void {
    let repository = 0;
    for (const keys of this.#runs.values()) {
      for (const key of keys) visit(repository, Math.floor(key / 2 ** 32), key % 2 ** 32);
      repository++;
    }
  }
}
