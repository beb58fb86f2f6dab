// Sequences of line numbers, each kept once. Found by hash, settled by comparing.

import { GrowingUint32 } from './growing-array.ts';

export interface DistinctRuns {
  /** The lines of all runs, one after the other. */
  readonly lines: GrowingUint32;
  /** Start of each run in `lines`; one more entry for the end. */
  readonly starts: GrowingUint32;
  readonly hashes: GrowingUint32;
  /** Open addressing: run + 1. */
  slots: Uint32Array;
}

export function newDistinctRuns(): DistinctRuns {
  const starts = new GrowingUint32();
  starts.push(0);
  return { lines: new GrowingUint32(), starts, hashes: new GrowingUint32(), slots: new Uint32Array(256) };
}

/** Whether this run is among them. */
export const hasRun = (runs: DistinctRuns, run: Uint32Array): boolean =>
  runs.slots[findSlot(runs, run, hashRun(run))] !== 0;

/** The number of this run; a new one gets the next number. */
export function findOrAddRun(runs: DistinctRuns, run: Uint32Array): number {
  const hash = hashRun(run);
  const slot = findSlot(runs, run, hash);
  const known = runs.slots[slot]! - 1;
  if (known >= 0) return known;
  const added = runs.hashes.length;
  runs.slots[slot] = added + 1;
  runs.hashes.push(hash);
  for (const line of run) runs.lines.push(line);
  runs.starts.push(runs.lines.length);
  if (2 * (added + 1) > runs.slots.length) rehash(runs);
  return added;
}

/** The run's slot, or the free one where it belongs. */
function findSlot(runs: DistinctRuns, run: Uint32Array, hash: number): number {
  const mask = runs.slots.length - 1;
  let slot = hash & mask;
  for (; runs.slots[slot] !== 0; slot = (slot + 1) & mask) {
    const known = runs.slots[slot]! - 1;
    if (runs.hashes.get(known) === hash && sameRun(runs, known, run)) break;
  }
  return slot;
}

function sameRun(runs: DistinctRuns, known: number, run: Uint32Array): boolean {
  const start = runs.starts.get(known);
  if (runs.starts.get(known + 1) - start !== run.length) return false;
  const lines = runs.lines.view();
  for (let i = 0; i < run.length; i++) {
    if (lines[start + i] !== run[i]) return false;
  }
  return true;
}

function rehash(runs: DistinctRuns): void {
  const slots = new Uint32Array(2 * runs.slots.length);
  const mask = slots.length - 1;
  for (let run = 0; run < runs.hashes.length; run++) {
    let slot = runs.hashes.get(run) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = run + 1;
  }
  runs.slots = slots;
}

/** In two halves side by side, neither of which waits for the other. */
function hashRun(run: Uint32Array): number {
  let even = run.length;
  let odd = 0x85ebca6b;
  let i = 0;
  for (; i + 2 <= run.length; i += 2) {
    even = Math.imul(even ^ run[i]!, 0x9e3779b1);
    odd = Math.imul(odd ^ run[i + 1]!, 0x9e3779b1);
    even ^= even >>> 15;
    odd ^= odd >>> 15;
  }
  if (i < run.length) even = Math.imul(even ^ run[i]!, 0x9e3779b1);
  const hash = Math.imul(even ^ Math.imul(odd, 0xc2b2ae35), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) >>> 0;
}
