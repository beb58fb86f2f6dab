// The parts of the samples that stand in the corpus: the union of their windows that occur in some shard's
// runs. Every occurrence of a fragment in a sample lies inside one such part, with its neighbours as far as
// the corpus has them, so the automaton need not know the rest of the samples.

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
  const windows = yield* tableOfWindows(sequence, minLines);
  /** Marks the first position of each distinct window that was found. */
  const foundFirst = new Uint8Array(sequence.length);
  for (const runs of shards) {
    markFirsts(windows, sequence, minLines, runs, foundFirst);
    yield;
  }
  const found = new Uint8Array(sequence.length);
  for (let at = 0; at < sequence.length; at++) {
    const first = windows.firstOf[at]!;
    if (first > 0 && foundFirst[first - 1] === 1) found[at] = 1;
  }
  release(windows.slots);
  release(windows.firstOf);
  return found;
}

function markFirsts(
  windows: WindowTable,
  sequence: Uint32Array,
  minLines: number,
  { lines, starts }: ShardRuns,
  foundFirst: Uint8Array,
): void {
  const mask = windows.slots.length - 1;
  for (let run = 0; run + 1 < starts.length; run++) {
    for (let at = starts[run]!; at + minLines <= starts[run + 1]!; at++) {
      let slot = hashWindow(lines, at, minLines) & mask;
      for (; windows.slots[slot] !== 0; slot = (slot + 1) & mask) {
        const position = windows.slots[slot]! - 1;
        if (!sameWindow(sequence, position, lines, at, minLines)) continue;
        foundFirst[position] = 1;
        break;
      }
    }
  }
}

interface WindowTable {
  /** Open addressing: first position of a distinct window + 1. */
  readonly slots: Uint32Array;
  /** Per position: the first position of the same window + 1; 0 where no window begins. */
  readonly firstOf: Uint32Array;
}

/** Lines of samples in one step: some 20 ms. */
const STEP_LINES = 1 << 17;

function* tableOfWindows(sequence: Uint32Array, minLines: number): Steps<WindowTable> {
  let nSlots = 16;
  while (nSlots < 2 * sequence.length) nSlots *= 2;
  const windows = { slots: new Uint32Array(nSlots), firstOf: new Uint32Array(sequence.length) };
  let sinceEdge = 0;
  for (let first = 0; first < sequence.length; first += STEP_LINES) {
    sinceEdge = addWindows(windows, sequence, minLines, first, sinceEdge);
    yield;
  }
  return windows;
}

/** Adds the windows whose last line is in this step; returns how many lines there are since the last edge. */
function addWindows(
  { slots, firstOf }: WindowTable,
  sequence: Uint32Array,
  minLines: number,
  first: number,
  sinceEdgeBefore: number,
): number {
  const mask = slots.length - 1;
  const end = Math.min(first + STEP_LINES, sequence.length);
  let sinceEdge = sinceEdgeBefore;
  for (let last = first; last < end; last++) {
    sinceEdge = sequence[last] === EDGE ? 0 : sinceEdge + 1;
    if (sinceEdge < minLines) continue;
    const at = last + 1 - minLines;
    let slot = hashWindow(sequence, at, minLines) & mask;
    while (slots[slot] !== 0 && !sameWindow(sequence, slots[slot]! - 1, sequence, at, minLines)) {
      slot = (slot + 1) & mask;
    }
    if (slots[slot] === 0) slots[slot] = at + 1;
    firstOf[at] = slots[slot]!;
  }
  return sinceEdge;
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
