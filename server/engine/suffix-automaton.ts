// The suffix automaton of a sequence of numbers (Blumer et al., "The smallest automaton recognizing the
// subwords of a text", 1985), built online in linear time, all of it in typed arrays. A state stands for all
// texts that end at the same positions; `length` is the longest of them, and the shortest is one longer than
// the longest of the state that `link` names. Links form a tree, whose root is state 0.

/** No transition; the link of the root. */
export const NONE = -1;

export class SuffixAutomaton {
  readonly nStates: number;
  readonly length: Int32Array;
  readonly link: Int32Array;
  /** How often the state's texts occur in the sequence. */
  readonly occurrences: Uint32Array;
  /** The first position at which they end. */
  readonly firstEnd: Int32Array;
  /** States by ascending length: every link points back. */
  readonly byLength: Int32Array;
  /** Per position: the state of the sequence up to it. */
  readonly stateAt: Int32Array;
  readonly #edges: Edges;

  constructor(sequence: Uint32Array) {
    const mostStates = 2 * sequence.length + 1;
    this.length = new Int32Array(mostStates);
    this.link = new Int32Array(mostStates).fill(NONE);
    this.occurrences = new Uint32Array(mostStates);
    this.firstEnd = new Int32Array(mostStates);
    this.stateAt = new Int32Array(sequence.length);
    this.#edges = new Edges(mostStates, 3 * sequence.length + 4);
    this.nStates = this.#build(sequence);
    this.byLength = this.#sortByLength(sequence.length);
    this.#sumOccurrences();
  }

  /** The state after `symbol`, or NONE. */
  next(state: number, symbol: number): number {
    return this.#edges.target(state, symbol);
  }

  #build(sequence: Uint32Array): number {
    const { length, link, occurrences, firstEnd, stateAt } = this;
    const edges = this.#edges;
    let nStates = 1;
    let last = 0;
    for (let position = 0; position < sequence.length; position++) {
      const symbol = sequence[position]!;
      const added = nStates++;
      length[added] = length[last]! + 1;
      firstEnd[added] = position;
      occurrences[added] = 1;
      let from = last;
      for (; from !== NONE && edges.target(from, symbol) === NONE; from = link[from]!) {
        edges.add(from, symbol, added);
      }
      if (from === NONE) link[added] = 0;
      else {
        const to = edges.target(from, symbol);
        if (length[to] === length[from]! + 1) link[added] = to;
        else {
          const copy = nStates++;
          length[copy] = length[from]! + 1;
          link[copy] = link[to]!;
          firstEnd[copy] = firstEnd[to]!;
          edges.copy(to, copy);
          for (; from !== NONE && edges.target(from, symbol) === to; from = link[from]!) {
            edges.redirect(from, symbol, copy);
          }
          link[to] = copy;
          link[added] = copy;
        }
      }
      stateAt[position] = added;
      last = added;
    }
    return nStates;
  }

  #sortByLength(longest: number): Int32Array {
    const firstOfLength = new Int32Array(longest + 2);
    for (let state = 0; state < this.nStates; state++) firstOfLength[this.length[state]! + 1]!++;
    for (let n = 0; n <= longest; n++) firstOfLength[n + 1]! += firstOfLength[n]!;
    const sorted = new Int32Array(this.nStates);
    for (let state = 0; state < this.nStates; state++) {
      const n = this.length[state]!;
      sorted[firstOfLength[n]!] = state;
      firstOfLength[n]!++;
    }
    return sorted;
  }

  /** A text ends wherever a longer text with it as its end does. */
  #sumOccurrences(): void {
    for (let i = this.nStates - 1; i > 0; i--) {
      const state = this.byLength[i]!;
      this.occurrences[this.link[state]!]! += this.occurrences[state]!;
    }
  }
}

/** Transitions: a hash table on (state, symbol), and each state's own in a list. */
class Edges {
  readonly #source: Int32Array;
  readonly #symbol: Uint32Array;
  readonly #target: Int32Array;
  readonly #nextOfSource: Int32Array;
  /** Per state: its newest edge + 1. */
  readonly #firstOfSource: Int32Array;
  /** Open addressing: edge + 1. */
  readonly #slots: Int32Array;
  #nEdges = 0;

  constructor(mostStates: number, mostEdges: number) {
    this.#source = new Int32Array(mostEdges);
    this.#symbol = new Uint32Array(mostEdges);
    this.#target = new Int32Array(mostEdges);
    this.#nextOfSource = new Int32Array(mostEdges);
    this.#firstOfSource = new Int32Array(mostStates);
    let nSlots = 16;
    while (nSlots < 1.5 * mostEdges) nSlots *= 2;
    this.#slots = new Int32Array(nSlots);
  }

  target(state: number, symbol: number): number {
    const edge = this.#slots[this.#find(state, symbol)]!;
    return edge === 0 ? NONE : this.#target[edge - 1]!;
  }

  add(state: number, symbol: number, target: number): void {
    const edge = this.#nEdges++;
    this.#source[edge] = state;
    this.#symbol[edge] = symbol;
    this.#target[edge] = target;
    this.#nextOfSource[edge] = this.#firstOfSource[state]!;
    this.#firstOfSource[state] = edge + 1;
    this.#slots[this.#find(state, symbol)] = edge + 1;
  }

  redirect(state: number, symbol: number, target: number): void {
    this.#target[this.#slots[this.#find(state, symbol)]! - 1] = target;
  }

  /** Gives `to` all edges of `from`. */
  copy(from: number, to: number): void {
    for (let edge = this.#firstOfSource[from]!; edge !== 0; edge = this.#nextOfSource[edge - 1]!) {
      this.add(to, this.#symbol[edge - 1]!, this.#target[edge - 1]!);
    }
  }

  /** The slot of this edge, or the empty one where it belongs. */
  #find(state: number, symbol: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(state, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const edge = this.#slots[slot]!;
      if (edge === 0 || (this.#source[edge - 1] === state && this.#symbol[edge - 1] === symbol)) return slot;
    }
  }
}
