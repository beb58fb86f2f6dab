// Matching statistics (Chang and Lawler, 1994): walks the automaton over the runs of the corpus. At every
// line it knows the longest text of the samples that ends there: a state v and a length n. An event is that,
// with the line that comes next in the document.

import { GrowingUint32 } from './growing-array.ts';
import type { ShardRuns } from './shard-runs.ts';
import { NONE, type SuffixAutomaton } from './suffix-automaton.ts';

/** The next line of an event at the end of its run: no text of minLines lines goes on so in the samples. */
export const NO_NEXT = 0xffffffff;

/** Distinct events, each with how often it happened. */
export interface Events {
  readonly state: GrowingUint32;
  readonly length: GrowingUint32;
  readonly next: GrowingUint32;
  /** May exceed 32 bits for all shards together. */
  readonly weight: Float64Array;
}

/** One shard's runs as events: that of line i (from 0) of run r is `of[first[r] + i - (minLines - 1)]`. */
export interface RunEvents {
  readonly of: Uint32Array;
  readonly first: Uint32Array;
}

export interface WeightedShard {
  readonly runs: ShardRuns;
  /** Occurrences of each run. */
  readonly counts: Float64Array;
}

export function findEvents(
  automaton: SuffixAutomaton,
  shards: readonly WeightedShard[],
  minLines: number,
): { events: Events; runEvents: RunEvents[] } {
  const table = new EventTable();
  const runEvents = shards.map(({ runs: { lines, starts } }) => {
    const of = new GrowingUint32();
    const first = new Uint32Array(starts.length);
    for (let run = 0; run + 1 < starts.length; run++) {
      first[run] = of.length;
      walk(automaton, lines.subarray(starts[run]!, starts[run + 1]!), minLines, (state, length, next) =>
        of.push(table.findOrAdd(state, length, next)),
      );
    }
    first[starts.length - 1] = of.length;
    return { of: of.view(), first };
  });
  const weight = new Float64Array(table.state.length);
  for (const [i, { counts }] of shards.entries()) {
    const { of, first } = runEvents[i]!;
    for (let run = 0; run < counts.length; run++) {
      for (let at = first[run]!; at < first[run + 1]!; at++) weight[of[at]!]! += counts[run]!;
    }
  }
  return { events: { state: table.state, length: table.length, next: table.next, weight }, runEvents };
}

/** Visits every line of the run at which a window ends; there n ≥ minLines, since all its windows occur. */
function walk(
  automaton: SuffixAutomaton,
  run: Uint32Array,
  minLines: number,
  visit: (state: number, length: number, next: number) => void,
): void {
  let state = 0;
  let length = 0;
  for (let i = 0; i < run.length; i++) {
    const line = run[i]!;
    let next = automaton.next(state, line);
    while (next === NONE && state !== 0) {
      state = automaton.link[state]!;
      length = automaton.length[state]!;
      next = automaton.next(state, line);
    }
    if (next === NONE) throw new RangeError(`Line ${line} of a run is in no sample: these are other samples`);
    state = next;
    length++;
    if (i + 1 < minLines) continue;
    if (length < minLines) throw new RangeError('A window of a run is in no sample: these are other samples');
    visit(state, length, i + 1 < run.length ? run[i + 1]! : NO_NEXT);
  }
}

class EventTable {
  readonly state = new GrowingUint32();
  readonly length = new GrowingUint32();
  readonly next = new GrowingUint32();
  /** Open addressing: event + 1. */
  #slots = new Uint32Array(1 << 12);

  findOrAdd(state: number, length: number, next: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashEvent(state, length, next) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const event = this.#slots[slot]! - 1;
      if (
        this.state.get(event) === state &&
        this.length.get(event) === length &&
        this.next.get(event) === next
      ) {
        return event;
      }
    }
    const added = this.state.length;
    this.#slots[slot] = added + 1;
    this.state.push(state);
    this.length.push(length);
    this.next.push(next);
    if (2 * (added + 1) > this.#slots.length) this.#rehash();
    return added;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let event = 0; event < this.state.length; event++) {
      let slot = hashEvent(this.state.get(event), this.length.get(event), this.next.get(event)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = event + 1;
    }
    this.#slots = slots;
  }
}

function hashEvent(state: number, length: number, next: number): number {
  let hash = Math.imul(state, 0x9e3779b1) ^ Math.imul(length, 0xc2b2ae35) ^ Math.imul(next, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x27d4eb2f);
  return hash ^ (hash >>> 13);
}
