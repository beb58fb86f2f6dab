// Puts the index of the samples into memory that all scan threads share. They only read it.

import { readFileSync } from 'node:fs';
import type { MatchRule } from '../../protocol/study.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import { EnvironmentError } from '../errors.ts';
import { programUrl } from '../program-url.ts';
import { type WasmMemory, type WasmModule, wasm } from './wasm-api.ts';

/** What a scan thread needs to make its own instance. Can be sent to a thread. */
export interface SharedIndex {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Address of the index in the memory. */
  readonly address: number;
}

export interface HashOptions {
  /** Chosen anew for every run, so that no corpus can be made to collide. Results do not depend on it. */
  readonly seed: bigint;
  /** All ones, but in tests. */
  readonly mask: bigint;
}

/** Made by build-wasm.mjs. */
const kernelUrl = programUrl('../../dist/scan-kernel.wasm', import.meta.url);
const PAGES_OF_4_GIB = 65536;

/** Compiled once: a text that is looked up takes less time than that. */
const compiled: { module?: WasmModule } = {};

/** A kernel with a memory of its own. */
export function instantiate() {
  compiled.module ??= new wasm.Module(readFileSync(kernelUrl));
  const { module } = compiled;
  const memory = new wasm.Memory({ initial: 1, maximum: PAGES_OF_4_GIB, shared: true });
  const nothing = () => {};
  const host = { onLines: nothing, onRow: nothing, onKeys: nothing, onRecords: nothing };
  const kernel = new wasm.Instance(module, { env: { memory }, host }).exports as IndexExports;
  return { module, memory, kernel };
}

const profileNumber = ({ profile }: MatchRule) => (profile === 'exact-1' ? 0 : 1);

/** No samples: what is read gives the keys of its windows, for an index or for looking up a text in one. */
export const shareWindowing = (rule: MatchRule, gramLines: number, seed: bigint): SharedIndex =>
  shareIn(instantiate(), rule, gramLines, seed);

function shareIn(
  { module, memory, kernel }: ReturnType<typeof instantiate>,
  rule: MatchRule,
  gramLines: number,
  seed: bigint,
): SharedIndex {
  const address = kernel.createWindowing(rule.minLines, gramLines, profileNumber(rule), seed);
  return { module, memory, address };
}

/**
 * One memory for one index after the other: a new memory for each text that is looked up would be collected as garbage for
 * longer than the look-up takes. The kernel of the index before must not be used any more.
 */
export class IndexMemory {
  readonly #instance = instantiate();
  readonly #nothing = this.#instance.kernel.usedSoFar();

  /** What the function of that name gives. */
  shareWindowing(rule: MatchRule, gramLines: number, seed: bigint): SharedIndex {
    this.#instance.kernel.takeBack(this.#nothing);
    return shareIn(this.#instance, rule, gramLines, seed);
  }

  share(index: SampleIndex, rule: MatchRule): SharedIndex {
    this.#instance.kernel.takeBack(this.#nothing);
    return fill(this.#instance, index, rule);
  }
}

export const shareIndex = (index: SampleIndex, rule: MatchRule, hash?: HashOptions): SharedIndex =>
  fill(instantiate(), index, rule, hash);

function fill(
  { module, memory, kernel }: ReturnType<typeof instantiate>,
  index: SampleIndex,
  rule: MatchRule,
  hash?: HashOptions,
): SharedIndex {
  const { seed, mask } = hash ?? { seed: randomSeed(), mask: 2n ** 64n - 1n };
  const { lineStarts, sequence, nLines } = index;
  const nBytes = lineStarts[nLines]!;
  try {
    const address = kernel.createIndex(
      rule.minLines,
      profileNumber(rule),
      seed,
      mask,
      nBytes,
      nLines,
      sequence.length,
    );
    const view = (at: number, length: number) => new Uint8Array(memory.buffer, at >>> 0, length);
    view(kernel.indexBytes(address), nBytes).set(index.lineBytes.subarray(0, nBytes));
    new Uint32Array(memory.buffer, kernel.indexLineAt(address) >>> 0, nLines + 1).set(lineStarts);
    new Uint32Array(memory.buffer, kernel.indexSequence(address) >>> 0, sequence.length).set(sequence);
    kernel.buildIndex(address);
    return { module, memory, address };
  } catch (cause) {
    throw new EnvironmentError(`The index of ${nBytes} bytes of sample lines does not fit in memory`, {
      action: 'Scan fewer samples at a time.',
      cause,
    });
  }
}

interface IndexExports {
  usedSoFar(): number;
  takeBack(used: number): void;
  createIndex(
    minLines: number,
    profile: number,
    seed: bigint,
    mask: bigint,
    nBytes: number,
    nLines: number,
    nPositions: number,
  ): number;
  createWindowing(minLines: number, gramLines: number, profile: number, seed: bigint): number;
  buildIndex(address: number): void;
  indexBytes(address: number): number;
  indexLineAt(address: number): number;
  indexSequence(address: number): number;
}

function randomSeed(): bigint {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high!) << 32n) | BigInt(low!);
}
