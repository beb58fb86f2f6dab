// Where fragments stand: the first PLACE_CAP places of each on either side. They are gathered for a batch of
// fragments at a time, so that their memory is bounded whatever the number of fragments.

import type { CoveredSamples } from './covered-samples.ts';
import { PLACE_CAP, type Place, type SampleInput, type SamplePlace, type TrainPlace } from './detection.ts';
import type { Events, RunEvents } from './match-events.ts';
import type { FragmentTree } from './maximal-fragments.ts';
import type { ScannedShard } from './prepare-request.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';
import { type ShardRuns, visitRuns } from './shard-runs.ts';
import { NONE, type SuffixAutomaton } from './suffix-automaton.ts';

/** Fragments whose places are gathered together, by index in the tree. */
export class PlaceBatch {
  readonly #tree: FragmentTree;
  readonly #inBatch: Uint8Array;
  /** Per fragment of the tree: itself or the longest end of it that is in the batch, or NONE. */
  readonly #nearest: Int32Array;

  constructor(tree: FragmentTree, fragments: Iterable<number>) {
    this.#tree = tree;
    this.#inBatch = new Uint8Array(tree.nFragments);
    for (const fragment of fragments) this.#inBatch[fragment] = 1;
    this.#nearest = new Int32Array(tree.nFragments);
    for (const f of tree.byLength) {
      const parent = tree.parent[f]!;
      this.#nearest[f] = this.#inBatch[f] === 1 ? f : parent === NONE ? NONE : this.#nearest[parent]!;
    }
  }

  /**
   * Gives a place to the batch's fragments that end where `longest` does, longest first, until one of them is full: then
   * all the shorter ones are, for they stand wherever it does.
   */
  visit<T>(longest: number, places: PlaceLists<T>, place: (fragment: number) => T): void {
    let f = longest === NONE ? NONE : this.#nearest[longest]!;
    while (f !== NONE && !places.isFull(f)) {
      places.add(f, place(f));
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
  index: SampleIndex,
  samples: readonly SampleInput[],
): PlaceLists<SamplePlace> {
  const places = new PlaceLists<SamplePlace>();
  for (let at = 0; at < covered.sequence.length; at++) {
    if (covered.sequence[at] === EDGE) continue;
    const last = covered.positions[at]!;
    const { sampleId } = samples[covered.samples[at]!]!;
    batch.visit(tree.longestOf[automaton.stateAt[at]!]!, places, (f) => ({
      sampleId,
      ...placeOf(index, last - tree.length[f]! + 1, last),
    }));
  }
  return places;
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
  shards: readonly PlacedShard[],
  minLines: number,
): PlaceLists<TrainPlace> {
  const longestOf = new Int32Array(events.state.length);
  for (let event = 0; event < longestOf.length; event++) {
    longestOf[event] = tree.longestWithin(events.state.get(event), events.length.get(event));
  }
  const places = new PlaceLists<TrainPlace>();
  for (const { shard, runs, result, runEvents } of shards) {
    // Runs of a document come by their first line, and all windows of one begin before those of the next: so
    // the places of any one fragment come in order.
    visitRuns(runs, result.partial, (row, run, layout) => {
      if (!layout) return;
      const firstEvent = runEvents.first[run]!;
      for (let at = firstEvent; at < runEvents.first[run + 1]!; at++) {
        const last = at - firstEvent + minLines - 1;
        batch.visit(longestOf[runEvents.of[at]!]!, places, (f) => ({
          shard,
          row,
          ...placeOf(layout, last - tree.length[f]! + 1, last),
        }));
      }
    });
  }
  return places;
}

/** Places by fragment, at most PLACE_CAP each. */
export class PlaceLists<T> {
  readonly #lists = new Map<number, T[]>();

  isFull(fragment: number): boolean {
    return this.get(fragment).length >= PLACE_CAP;
  }

  get(fragment: number): readonly T[] {
    return this.#lists.get(fragment) ?? [];
  }

  add(fragment: number, place: T): void {
    const list = this.#lists.get(fragment);
    if (list) list.push(place);
    else this.#lists.set(fragment, [place]);
  }
}

interface LineLayout {
  readonly rawLines: ArrayLike<number>;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}

function placeOf({ rawLines, starts, ends }: LineLayout, first: number, last: number): Place {
  const byteOffset = starts[first]!;
  return {
    firstLine: rawLines[first]!,
    lastLine: rawLines[last]!,
    byteOffset,
    nBytes: ends[last]! - byteOffset,
  };
}
