// The index of the samples in memory that all scan threads share. They only read it.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput } from '../engine/detection.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import { finish, type Steps } from '../engine/steps.ts';
import { instantiate, type KernelInstance } from './kernel-instance.ts';
import { type HashOptions, numberInSteps, profileNumber, tooLarge } from './number-samples.ts';
import type { WasmMemory, WasmModule } from './wasm-api.ts';

/** What a scan thread needs to make its own instance. Can be sent to a thread. */
export interface SharedIndex {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Address of the index in the memory. */
  readonly address: number;
}

/** No samples: what is read gives the keys of its windows, for an index or for looking up a text in one. */
export const shareWindowing = (rule: MatchRule, gramLines: number, seed: bigint): SharedIndex =>
  shareIn(instantiate(), rule, gramLines, seed);

function shareIn(
  { module, memory, kernel }: KernelInstance,
  rule: MatchRule,
  gramLines: number,
  seed: bigint,
): SharedIndex {
  const address = kernel.createWindowing(rule.minLines, gramLines, profileNumber(rule), seed);
  return { module, memory, address };
}

/** Samples for a scan, and their lines for the analysis of what it finds. */
export interface SharedSamples {
  readonly index: SharedIndex;
  readonly lines: SampleIndex;
}

/**
 * One memory for one index after the other: a new memory for each text that is looked up would be collected as garbage for
 * longer than the look-up takes. With each call what was given before must not be used any more: kernels and lines.
 */
export class IndexMemory {
  readonly #instance = instantiate();
  readonly #nothing = this.#instance.kernel.usedSoFar();

  /** What the function of that name gives. */
  shareWindowing(rule: MatchRule, gramLines: number, seed: bigint): SharedIndex {
    return shareIn(this.emptied(), rule, gramLines, seed);
  }

  share(samples: readonly SampleInput[], rule: MatchRule): SharedSamples {
    return finish(shareInSteps(samples, rule, this.emptied()));
  }

  /** For anything else that a kernel does. */
  emptied(): KernelInstance {
    this.#instance.kernel.takeBack(this.#nothing);
    return this.#instance;
  }
}

export const shareSamples = (
  samples: readonly SampleInput[],
  rule: MatchRule,
  hash?: HashOptions,
): SharedSamples => finish(shareInSteps(samples, rule, instantiate(), hash));

export function* shareInSteps(
  samples: readonly SampleInput[],
  rule: MatchRule,
  instance: KernelInstance = instantiate(),
  hash?: HashOptions,
): Steps<SharedSamples> {
  const { module, memory, kernel } = instance;
  const { address, ...lines } = yield* numberInSteps(samples, rule, instance, hash);
  try {
    kernel.addWindows(address);
  } catch (cause) {
    throw tooLarge(samples, cause);
  }
  return { index: { module, memory, address }, lines };
}
