// How often each fragment occurs, exactly: in the corpus and the samples, and in how many different
// documents, repositories and samples.

import { GrowingUint32 } from './growing-array.ts';
import type { Events, RunEvents } from './match-events.ts';
import type { FragmentTree } from './maximal-fragments.ts';
import { PairSet } from './pair-set.ts';
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
  const repositoryRuns = new RepositoryRuns();
  const tops = fragmentsOfRuns(tree, events, shards);
  let document = 0;
  let firstRun = 0;
  for (const { runs, result } of shards) {
    // Both come by row.
    const named = result.documents[Symbol.iterator]();
    let next = named.next().value;
    let lastRow = -1;
    visitRuns(runs, result.partial, (row, runOfShard) => {
      if (row !== lastRow) document++;
      lastRow = row;
      while (next && next.row < row) next = named.next().value;
      const run = firstRun + runOfShard;
      for (let at = tops.first[run]!; at < tops.first[run + 1]!; at++) documents.add(tops.of[at]!, document);
      repositoryRuns.add(next?.row === row ? next.repository : '', run);
    });
    firstRun += runs.starts.length - 1;
    yield;
  }
  repositoryRuns.forEach((repository, run) => {
    for (let at = tops.first[run]!; at < tops.first[run + 1]!; at++)
      repositories.add(tops.of[at]!, repository);
  });
  return { nDocuments: documents.counts, nRepositories: repositories.counts };
}

/**
 * Per run, those of all shards one after the other: fragments that together stand for all it holds; the others are ends
 * of these.
 */
function fragmentsOfRuns(tree: FragmentTree, events: Events, shards: readonly CountedShard[]): RunEvents {
  const nRuns = shards.reduce((sum, { runs }) => sum + runs.starts.length - 1, 0);
  const of = new GrowingUint32();
  const first = new Uint32Array(nRuns + 1);
  const seen = new OwnerCounter(tree);
  let run = 0;
  for (const { runEvents } of shards) {
    for (let i = 0; i + 1 < runEvents.first.length; i++) {
      const tops: number[] = [];
      for (let at = runEvents.first[i]!; at < runEvents.first[i + 1]!; at++) {
        const event = runEvents.of[at]!;
        const fragment = tree.longestWithin(events.state.get(event), events.length.get(event));
        if (fragment !== NONE) tops.push(fragment);
      }
      tops.sort((a, b) => tree.length[b]! - tree.length[a]!);
      for (const fragment of tops) {
        const before = seen.counts[fragment]!;
        seen.add(fragment, run);
        if (seen.counts[fragment] !== before) of.push(fragment);
      }
      first[++run] = of.length;
    }
  }
  return { of: of.view(), first };
}

/** Which runs each repository holds, gathered so that a repository's come together. */
class RepositoryRuns {
  readonly #numbers = new Map<string, number>();
  readonly #pairs = new PairSet();

  add(repository: string, run: number): void {
    let number = this.#numbers.get(repository);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(repository, number);
    }
    this.#pairs.add(number, run);
  }

  forEach(visit: (repository: number, run: number) => void): void {
    const ends = new Uint32Array(this.#numbers.size + 2);
    this.#pairs.forEach((repository) => void ends[repository + 1]!++);
    for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
    const runs = new Uint32Array(this.#pairs.size);
    this.#pairs.forEach((repository, run) => {
      runs[ends[repository]!] = run;
      ends[repository]!++;
    });
    // Now each entry is the end of its repository, and the start of the next.
    for (let repository = 1; repository <= this.#numbers.size; repository++) {
      for (let at = ends[repository - 1]!; at < ends[repository]!; at++) visit(repository, runs[at]!);
    }
  }
}
