// Finds the places of fragments: the first PLACE_CAP of each on either side. They are gathered for a batch of
// fragments at a time, so that their memory is bounded whatever the number of fragments.

import type { CoveredSamples } from './covered-samples.ts';
import { PLACE_CAP, type SampleInput, type SamplePlace, type TrainPlace } from './detection.ts';
import type { Events, RunEvents } from './match-events.ts';
import type { FragmentTree } from './maximal-fragments.ts';
import type { ScannedShard } from './prepare-request.ts';
import { EDGE } from './sample-index.ts';
import { type ShardRuns, visitRuns } from './shard-runs.ts';
import { NONE, type SuffixAutomaton } from './suffix-automaton.ts';

/** Fragments whose places are gathered together, by index in the tree. */
export class PlaceBatch {
  readonly fragments: Uint32Array;
  readonly #tree: FragmentTree;
  readonly #inBatch: Uint8Array;
  /** Per fragment of the tree: itself or the longest end of it that is in the batch, or NONE. */
  readonly #nearest: Int32Array;

  constructor(tree: FragmentTree, fragments: Uint32Array) {
    this.fragments = fragments;
    this.#tree = tree;
    this.#inBatch = new Uint8Array(tree.nFragments);
    for (const fragment of fragments) this.#inBatch[fragment] = 1;
    this.#nearest = new Int32Array(tree.nFragments);
    for (const f of tree.byLength) {
      const parent = tree.parent[f]!;
      this.#nearest[f] = this.#inBatch[f] === 1 ? f : parent === NONE ? NONE : this.#nearest[parent]!;
    }
  }

  /** Number of fragments in the whole tree. */
  get nFragments(): number {
    return this.#tree.nFragments;
  }

  /**
   * Gives a place to the batch's fragments that end where `longest` does, longest first, until one of them is full: then
   * all the shorter ones are, for they stand wherever it does.
   */
  visit(longest: number, places: PlaceLists, owner: number, layout: LineLayout, last: number): void {
    let f = longest === NONE ? NONE : this.#nearest[longest]!;
    while (f !== NONE && !places.isFull(f)) {
      places.add(f, owner, layout, last - this.#tree.length[f]! + 1, last);
      const parent = this.#tree.parent[f]!;
      f = parent === NONE ? NONE : this.#nearest[parent]!;
    }
  }
}

export function findSamplePlaces(
  batch: PlaceBatch,
  tree: FragmentTree,
  automaton: SuffixAutomaton,
  covered: CoveredSamples,
  samples: readonly SampleInput[],
): (fragment: number) => SamplePlace[] {
  const places = new PlaceLists(batch, (f) => automaton.occurrences[tree.state[f]!]!);
  for (let at = 0; at < covered.sequence.length; at++) {
    if (covered.sequence[at] === EDGE) continue;
    const longest = tree.longestOf[automaton.stateAt[at]!]!;
    batch.visit(longest, places, covered.samples[at]!, covered, at);
  }
  return (fragment) =>
    places.get(fragment, (sample, firstLine, lastLine, byteOffset, nBytes) => {
      const { sampleId } = samples[sample]!;
      return { sampleId, firstLine, lastLine, byteOffset, nBytes };
    });
}

export interface PlacedShard extends ScannedShard {
  readonly runs: ShardRuns;
  readonly runEvents: RunEvents;
}

/** Shards must come in corpus order. */
export function findTrainPlaces(
  batch: PlaceBatch,
  tree: FragmentTree,
  events: Events,
  train: Float64Array,
  shards: readonly PlacedShard[],
  minLines: number,
): (fragment: number) => TrainPlace[] {
  const longestOf = new Int32Array(events.state.length);
  for (let event = 0; event < longestOf.length; event++) {
    longestOf[event] = tree.longestWithin(events.state.get(event), events.length.get(event));
  }
  const places = new PlaceLists(batch, (f) => train[f]!);
  for (const { shard, runs, result, runEvents } of shards) {
    // Runs of a document come by their first line, and all windows of one begin before those of the next: so
    // the places of any one fragment come in order.
    visitRuns(runs, result.partial, (row, run, layout) => {
      if (!layout) return;
      const firstEvent = runEvents.first[run]!;
      for (let at = firstEvent; at < runEvents.first[run + 1]!; at++) {
        const longest = longestOf[runEvents.of[at]!]!;
        batch.visit(longest, places, shard * ROWS + row, layout, at - firstEvent + minLines - 1);
      }
    });
  }
  return (fragment) =>
    places.get(fragment, (owner, firstLine, lastLine, byteOffset, nBytes) => {
      const shard = Math.floor(owner / ROWS);
      return { shard, row: owner % ROWS, firstLine, lastLine, byteOffset, nBytes };
    });
}

/** More than any shard's rows: shard and row make one number. */
const ROWS = 2 ** 32;
/** Whose place it is, first and last raw line, start and length in bytes. */
const NUMBERS_A_PLACE = 5;

type MakePlace<T> = (
  owner: number,
  firstLine: number,
  lastLine: number,
  byteOffset: number,
  nBytes: number,
) => T;

/** The places of a batch by fragment, at most PLACE_CAP each: plain numbers in one piece, since their count is known. */
class PlaceLists {
  readonly #numbers: Float64Array;
  /** Per fragment of the tree, in places: where its own begin, how many there are so far, and at most. */
  readonly #first: Uint32Array;
  readonly #found: Uint32Array;
  readonly #most: Uint32Array;

  constructor({ fragments, nFragments }: PlaceBatch, nOccurrences: (fragment: number) => number) {
    this.#first = new Uint32Array(nFragments);
    this.#found = new Uint32Array(nFragments);
    this.#most = new Uint32Array(nFragments);
    let nPlaces = 0;
    for (const fragment of fragments) {
      this.#first[fragment] = nPlaces;
      this.#most[fragment] = Math.min(nOccurrences(fragment), PLACE_CAP);
      nPlaces += this.#most[fragment]!;
    }
    this.#numbers = new Float64Array(NUMBERS_A_PLACE * nPlaces);
  }

  isFull(fragment: number): boolean {
    return this.#found[fragment]! >= this.#most[fragment]!;
  }

  /** The place of the lines [first, last] of a text. */
  add(fragment: number, owner: number, layout: LineLayout, first: number, last: number): void {
    const numbers = this.#numbers;
    let at = NUMBERS_A_PLACE * (this.#first[fragment]! + this.#found[fragment]!++);
    const start = layout.starts[first]!;
    numbers[at++] = owner;
    numbers[at++] = layout.rawLines[first]!;
    numbers[at++] = layout.rawLines[last]!;
    numbers[at++] = start;
    numbers[at] = layout.ends[last]! - start;
  }

  get<T>(fragment: number, make: MakePlace<T>): T[] {
    const numbers = this.#numbers;
    const first = this.#first[fragment]!;
    return Array.from({ length: this.#found[fragment]! }, (_, i) => {
      const at = NUMBERS_A_PLACE * (first + i);
      return make(numbers[at]!, numbers[at + 1]!, numbers[at + 2]!, numbers[at + 3]!, numbers[at + 4]!);
    });
  }
}

interface LineLayout {
  readonly rawLines: ArrayLike<number>;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}
