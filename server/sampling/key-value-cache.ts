// Keys and values of all positions so far, one batch's worth, between two runs of the generation loop.

import { Tensor } from 'onnxruntime-node';
import { cacheNames, SEGMENT_STEPS } from './generation-graph.ts';
import type { Gpt2Config } from './gpt2-config.ts';

/**
 * Whole segments in one array a name, [rows, heads, positions, head width], and the segment in the making as
 * the runtime returned it. Old arrays are given back at once, not when they are collected: they are most of
 * the memory that sampling takes.
 */
export class KeyValueCache {
  readonly #config: Gpt2Config;
  readonly #past: Float32Array<ArrayBuffer>[];
  #recent: readonly Tensor[];
  #nRows: number;
  #nPast = 0;
  #nRecent = 0;

  constructor(config: Gpt2Config, nRows: number) {
    this.#config = config;
    this.#nRows = nRows;
    this.#past = cacheNames('past', config.nLayers).map(() => new Float32Array(0));
    this.#recent = this.#emptyRecent();
  }

  /** Steps until the segment in the making is whole: no run may cross that. */
  get nStepsToBoundary(): number {
    return SEGMENT_STEPS - this.#nRecent;
  }

  inputs(): Record<string, Tensor> {
    const { nLayers, nHeads, headWidth } = this.#config;
    const shape = [this.#nRows, nHeads, this.#nPast, headWidth];
    const past = cacheNames('past', nLayers).map((name, i) => [name, new Tensor(this.#past[i]!, shape)]);
    const recent = cacheNames('recent', nLayers).map((name, i) => [name, this.#recent[i]]);
    return Object.fromEntries([...past, ...recent]);
  }

  /** Takes over what a run made. */
  advance(nSteps: number, outputs: Readonly<Record<string, Tensor>>): void {
    this.#recent = cacheNames('made', this.#config.nLayers).map((name) => outputs[name]!);
    this.#nRecent += nSteps;
  }

  /** At a boundary: closes the segment, keeping some rows in their order. */
  closeSegment(keptRows: readonly number[]): void {
    const { headWidth } = this.#config;
    const oldLength = this.#nPast * headWidth;
    const addedLength = this.#nRecent * headWidth;
    for (const [i, old] of this.#past.entries()) {
      const added = this.#recent[i]!.data as Float32Array;
      this.#past[i] = this.#join(old, oldLength, added, addedLength, keptRows);
      old.buffer.transfer(0);
    }
    this.#nRows = keptRows.length;
    this.#nPast += this.#nRecent;
    this.#nRecent = 0;
    this.#recent = this.#emptyRecent();
  }

  #join(
    old: Float32Array,
    oldLength: number,
    added: Float32Array,
    addedLength: number,
    keptRows: readonly number[],
  ): Float32Array<ArrayBuffer> {
    const { nHeads } = this.#config;
    const joined = new Float32Array(keptRows.length * nHeads * (oldLength + addedLength));
    let at = 0;
    for (const row of keptRows) {
      for (let head = row * nHeads; head < (row + 1) * nHeads; head++) {
        joined.set(old.subarray(head * oldLength, (head + 1) * oldLength), at);
        joined.set(added.subarray(head * addedLength, (head + 1) * addedLength), at + oldLength);
        at += oldLength + addedLength;
      }
    }
    return joined;
  }

  #emptyRecent(): readonly Tensor[] {
    const { nLayers, nHeads, headWidth } = this.#config;
    const shape = [this.#nRows, nHeads, 0, headWidth];
    return cacheNames('recent', nLayers).map(() => new Tensor('float32', new Float32Array(0), shape));
  }
}
