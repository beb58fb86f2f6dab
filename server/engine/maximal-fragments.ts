// Which texts are fragments: those that are maximal for some pair of a place in the samples and one in the
// corpus (docs/method.md, section 1). Every such text shows at an event, as its whole text or as one of the links.

import { GrowingUint32 } from './growing-array.ts';
import { type Events, NO_NEXT } from './match-events.ts';
import { PairSet } from './pair-set.ts';
import { NONE, type SuffixAutomaton } from './suffix-automaton.ts';

/** Fragments ordered by (state, length), and how they nest as ends of one another. */
export interface FragmentTree {
  readonly nFragments: number;
  readonly state: Uint32Array;
  readonly length: Uint32Array;
  /** The longest fragment that is a proper end of this one, or NONE. */
  readonly parent: Int32Array;
  /** Fragments by ascending length: every parent comes first. */
  readonly byLength: Uint32Array;
  /** Per state: the longest fragment that its longest text ends with, or NONE. */
  readonly longestOf: Int32Array;
  /** The longest fragment that the text of this length at this state ends with, or NONE. */
  longestWithin(state: number, length: number): number;
}

export function findMaximal(automaton: SuffixAutomaton, events: Events, minLines: number): FragmentTree {
  const found = markMaximal(automaton, events, minLines);
  const { state, length } = sortFragments(automaton, found);
  const nFragments = state.length;
  const firstOf = new Uint32Array(automaton.nStates + 1);
  for (const s of state) firstOf[s + 1]!++;
  for (let s = 0; s < automaton.nStates; s++) firstOf[s + 1]! += firstOf[s]!;

  const longestOf = new Int32Array(automaton.nStates).fill(NONE);
  const parent = new Int32Array(nFragments);
  for (const s of automaton.byLength) {
    let longest = s === 0 ? NONE : longestOf[automaton.link[s]!]!;
    for (let f = firstOf[s]!; f < firstOf[s + 1]!; f++) {
      parent[f] = longest;
      longest = f;
    }
    longestOf[s] = longest;
  }
  return {
    nFragments,
    state,
    length,
    parent,
    byLength: indexByLength(length),
    longestOf,
    longestWithin(s, n) {
      let low = firstOf[s]!;
      let high = firstOf[s + 1]!;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (length[middle]! <= n) low = middle + 1;
        else high = middle;
      }
      if (low > firstOf[s]!) return low - 1;
      return s === 0 ? NONE : longestOf[automaton.link[s]!]!;
    },
  };
}

/** Pairs of state and length, some of them more than once. */
function markMaximal(automaton: SuffixAutomaton, events: Events, minLines: number) {
  const { link, length: longest, occurrences } = automaton;
  const states = new GrowingUint32();
  const lengths = new GrowingUint32();
  const add = (state: number, length: number) => {
    states.push(state);
    lengths.push(length);
  };
  /** Pairs (state, next line) of which all links further up were examined. */
  const examined = new PairSet();
  const isAdded = new Uint8Array(automaton.nStates);
  const occurrencesAfter = (state: number, next: number) => {
    const target = next === NO_NEXT ? NONE : automaton.next(state, next);
    return target === NONE ? 0 : occurrences[target]!;
  };
  for (let event = 0; event < events.state.length; event++) {
    const state = events.state.get(event);
    const next = events.next.get(event);
    // No sample has the document's line before this text, so only its other end can go on.
    if (occurrences[state]! > occurrencesAfter(state, next)) add(state, events.length.get(event));
    // A shorter end of it goes on to the left wherever it is not the longest text of its state.
    let below = state;
    let above = link[below]!;
    while (above !== NONE && longest[above]! >= minLines && examined.add(below, next)) {
      // Places of `above` that go on neither to the left nor to the right as the document does.
      const nFree =
        occurrences[above]! -
        occurrences[below]! -
        occurrencesAfter(above, next) +
        occurrencesAfter(below, next);
      if (nFree > 0 && isAdded[above] === 0) {
        isAdded[above] = 1;
        add(above, longest[above]!);
      }
      below = above;
      above = link[below]!;
    }
  }
  return { states: states.view(), lengths: lengths.view() };
}

function sortFragments(automaton: SuffixAutomaton, found: { states: Uint32Array; lengths: Uint32Array }) {
  // Both parts fit in one double without loss: fewer than 2^26 lengths and 2^27 states in any memory.
  const scale = automaton.stateAt.length + 1;
  const keys = new Float64Array(found.states.length);
  for (let i = 0; i < keys.length; i++) keys[i] = found.states[i]! * scale + found.lengths[i]!;
  keys.sort();
  let n = 0;
  for (let i = 0; i < keys.length; i++) {
    if (i === 0 || keys[i] !== keys[i - 1]) keys[n++] = keys[i]!;
  }
  const distinct = keys.subarray(0, n);
  const state = Uint32Array.from(distinct, (key) => Math.floor(key / scale));
  return { state, length: Uint32Array.from(distinct, (key, i) => key - state[i]! * scale) };
}

function indexByLength(length: Uint32Array): Uint32Array {
  return Uint32Array.from(length, (_, fragment) => fragment).sort((a, b) => length[a]! - length[b]!);
}
