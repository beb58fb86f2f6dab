// The parts of the samples that stand in the corpus: the union of their windows that occur in some shard's
// runs. Every occurrence of a fragment in a sample lies inside one such part, with its neighbours as far as
// the corpus has them, so the automaton need not know the rest of the samples.

import { GrowingUint32 } from './growing-array.ts';
import { EDGE, release, type SampleIndex } from './sample-index.ts';
import type { ShardRuns } from './shard-runs.ts';
import type { Steps } from './steps.ts';

/** Positions [first, end) of the index's sequence, ascending, at least one position between two parts. */
export interface CoveredPart {
  readonly first: number;
  readonly end: number;
  /** Windows in it that occur in the corpus: where two parts touch, those across the joint need not. */
  readonly nWindows: number;
}

export function* findCoveredParts(
  index: SampleIndex,
  minLines: number,
  shards: readonly ShardRuns[],
): Steps<CoveredPart[]> {
  const { sequence } = index;
  const found = yield* markFoundWindows(sequence, minLines, shards);
  const parts: CoveredPart[] = [];
  let first = 0;
  let end = -1;
  let nWindows = 0;
  for (let at = 0; at < sequence.length; at++) {
    if (found[at] === 0) continue;
    if (at > end) {
      if (end > first) parts.push({ first, end, nWindows });
      first = at;
      nWindows = 0;
    }
    end = at + minLines;
    nWindows++;
  }
  if (end > first) parts.push({ first, end, nWindows });
  return parts;
}

/** Per position: whether the window that begins there occurs in a run. */
function* markFoundWindows(
  sequence: Uint32Array,
  minLines: number,
  shards: readonly ShardRuns[],
): Steps<Uint8Array> {
  const windows = new FoundWindows(shards, minLines);
  for (const shard of shards.keys()) {
    windows.addShard(shard);
    yield;
  }
  const found = new Uint8Array(sequence.length);
  let sinceEdge = 0;
  for (let at = 0; at < sequence.length; at++) {
    sinceEdge = sequence[at] === EDGE ? 0 : sinceEdge + 1;
    if (sinceEdge >= minLines && windows.has(sequence, at + 1 - minLines)) found[at + 1 - minLines] = 1;
    if (at % STEP_LINES === 0) yield;
  }
  windows.release();
  return found;
}

/** Lines of samples in one step: some 5 ms. */
const STEP_LINES = 1 << 17;

/** The distinct windows of all runs: few beside those of the samples. */
class FoundWindows {
  readonly #shards: readonly ShardRuns[];
  readonly #minLines: number;
  /** Open addressing: window + 1. */
  #slots = new Uint32Array(1 << 10);
  /** Per window: the shard, and the place in its lines, where it was first. */
  readonly #shardOf = new GrowingUint32();
  readonly #placeOf = new GrowingUint32();

  constructor(shards: readonly ShardRuns[], minLines: number) {
    this.#shards = shards;
    this.#minLines = minLines;
  }

  addShard(shard: number): void {
    const { lines, starts } = this.#shards[shard]!;
    for (let run = 0; run + 1 < starts.length; run++) {
      for (let at = starts[run]!; at + this.#minLines <= starts[run + 1]!; at++) {
        const slot = this.#find(lines, at);
        if (this.#slots[slot] !== 0) continue;
        this.#shardOf.push(shard);
        this.#placeOf.push(at);
        this.#slots[slot] = this.#placeOf.length;
        if (2 * this.#placeOf.length > this.#slots.length) this.#grow();
      }
    }
  }

  has(lines: Uint32Array, at: number): boolean {
    return this.#slots[this.#find(lines, at)] !== 0;
  }

  release(): void {
    release(this.#slots);
  }

  /** The slot of the window lines[at …], or the empty one where it belongs. */
  #find(lines: Uint32Array, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashWindow(lines, at, this.#minLines) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const window = slots[slot]! - 1;
      const known = this.#shards[this.#shardOf.get(window)]!.lines;
      if (sameWindow(known, this.#placeOf.get(window), lines, at, this.#minLines)) break;
    }
    return slot;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    release(this.#slots);
    this.#slots = slots;
    const mask = slots.length - 1;
    for (let window = 0; window < this.#placeOf.length; window++) {
      const { lines } = this.#shards[this.#shardOf.get(window)]!;
      let slot = hashWindow(lines, this.#placeOf.get(window), this.#minLines) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = window + 1;
    }
  }
}

function sameWindow(a: Uint32Array, atA: number, b: Uint32Array, atB: number, minLines: number): boolean {
  for (let i = 0; i < minLines; i++) {
    if (a[atA + i] !== b[atB + i]) return false;
  }
  return true;
}

function hashWindow(lines: Uint32Array, at: number, minLines: number): number {
  let hash = 0;
  for (let i = 0; i < minLines; i++) {
    hash = Math.imul(hash ^ lines[at + i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}
