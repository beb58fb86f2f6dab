// The samples' side of the fragments: in how many samples each stands, whether it touches a cut edge, and
// which fragments overlap there (families). One pass over the covered lines: at each it is enough to look at
// the longest fragment that ends there, since the others are ends of it.

import { OwnerCounter } from './count-fragments.ts';
import type { CoveredSamples } from './covered-samples.ts';
import type { SampleInput } from './detection.ts';
import type { FragmentTree } from './maximal-fragments.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';
import { NONE, type SuffixAutomaton } from './suffix-automaton.ts';

export interface SampleSide {
  readonly nSamples: Float64Array;
  /** 1 when some occurrence ends at the last line of a sample that was cut. */
  readonly clipped: Uint8Array;
  /** Per fragment: a fragment that stands for its family. */
  readonly family: Int32Array;
}

export function describeSampleSide(
  tree: FragmentTree,
  automaton: SuffixAutomaton,
  covered: CoveredSamples,
  index: SampleIndex,
  samples: readonly SampleInput[],
): SampleSide {
  const owners = new OwnerCounter(tree);
  const clipped = new Uint8Array(tree.nFragments);
  const families = new Families(tree);
  for (let at = 0; at < covered.sequence.length; at++) {
    if (covered.sequence[at] === EDGE) continue;
    const fragment = tree.longestOf[automaton.stateAt[at]!]!;
    if (fragment === NONE) continue;
    const sample = covered.samples[at]!;
    owners.add(fragment, sample);
    families.addPlace(fragment, at - tree.length[fragment]! + 1, at);
    const isLastLine = index.sequence[covered.positions[at]! + 1] === EDGE;
    if (isLastLine && samples[sample]!.cut) {
      for (let f = fragment; f !== NONE && clipped[f] === 0; f = tree.parent[f]!) clipped[f] = 1;
    }
  }
  return { nSamples: owners.counts, clipped, family: families.representatives() };
}

/** Union of fragments whose places share a line. Places come by ascending last line. */
class Families {
  readonly #up: Int32Array;
  /** Joined places that do not touch each other, ascending: first line, last line, a fragment. */
  readonly #open: { first: number; last: number; fragment: number }[] = [];

  constructor(tree: FragmentTree) {
    this.#up = Int32Array.from(tree.parent, (_, fragment) => fragment);
    // A fragment holds its parent wherever it stands.
    for (let f = 0; f < tree.nFragments; f++) if (tree.parent[f] !== NONE) this.#join(f, tree.parent[f]!);
  }

  addPlace(fragment: number, first: number, last: number): void {
    let joinedFirst = first;
    for (let top = this.#open.at(-1); top && top.last >= first; top = this.#open.at(-1)) {
      this.#join(fragment, top.fragment);
      joinedFirst = Math.min(joinedFirst, top.first);
      this.#open.pop();
    }
    this.#open.push({ first: joinedFirst, last, fragment });
  }

  representatives(): Int32Array {
    return Int32Array.from(this.#up, (_, fragment) => this.#find(fragment));
  }

  #join(a: number, b: number): void {
    this.#up[this.#find(a)] = this.#find(b);
  }

  #find(fragment: number): number {
    let f = fragment;
    while (this.#up[f] !== f) {
      const above = this.#up[this.#up[f]!]!;
      this.#up[f] = above;
      f = above;
    }
    return f;
  }
}
