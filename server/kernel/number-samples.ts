// Numbers the lines of the samples in the kernel's memory (wasm/number-lines.ts): for a scan, which needs their windows
// too, and for the analysis, which makes fragments of what was found.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput } from '../engine/detection.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import { finish, type Steps } from '../engine/steps.ts';
import { EnvironmentError } from '../errors.ts';
import { instantiate, type KernelInstance } from './kernel-instance.ts';
import { TextInput } from './text-input.ts';
import { wasm } from './wasm-api.ts';

export interface HashOptions {
  /** Chosen anew for every run, so that no corpus can be made to collide. Results do not depend on it. */
  readonly seed: bigint;
  /** All ones, but in tests. */
  readonly mask: bigint;
}

export interface NumberedSamples extends SampleIndex {
  /** Address of the index in the memory. */
  readonly address: number;
}

export const profileNumber = ({ profile }: MatchRule) => (profile === 'exact-1' ? 0 : 1);

/** All steps at once. */
export const numberSamples = (samples: readonly SampleInput[], rule: MatchRule): SampleIndex =>
  finish(numberInSteps(samples, rule));

/**
 * The arrays lie in the kernel's memory, and hold for as long as nobody takes it back. Throws `EnvironmentError` where the
 * samples do not fit into it.
 */
export function* numberInSteps(
  samples: readonly SampleInput[],
  rule: MatchRule,
  instance: KernelInstance = instantiate(),
  { seed, mask }: HashOptions = { seed: randomSeed(), mask: 2n ** 64n - 1n },
): Steps<NumberedSamples> {
  const { memory, kernel } = instance;
  try {
    const input = new TextInput(instance, samples);
    let mostLines = samples.length;
    for (const { at, nBytes } of input.pieces(samples)) {
      mostLines += kernel.countTerminators(at, nBytes) >>> 0;
      yield;
    }
    const { minLines } = rule;
    const address = kernel.createIndex(minLines, profileNumber(rule), seed, mask, samples.length, mostLines);
    for (const { list, nTexts } of input.pieces(samples)) {
      kernel.numberTexts(address, list, nTexts);
      yield;
    }
    const words = (at: number, n: number) => new Uint32Array(memory.buffer, at >>> 0, n);
    const nLines = kernel.indexLines(address);
    const lineStarts = words(kernel.indexLineAt(address), nLines + 1);
    return {
      address,
      nLines,
      lineBytes: new Uint8Array(memory.buffer, kernel.indexBytes(address) >>> 0, lineStarts[nLines]!),
      lineStarts,
      sequence: words(kernel.indexSequence(address), kernel.indexPositions(address)),
      sampleStarts: words(kernel.indexSampleStarts(address), samples.length + 1),
    };
  } catch (cause) {
    throw tooLarge(samples, cause);
  }
}

/** What is thrown in place of a trap; anything else stays what it is. */
export function tooLarge(samples: readonly SampleInput[], cause: unknown): unknown {
  if (!(cause instanceof wasm.RuntimeError)) return cause;
  const nBytes = samples.reduce((sum, { text }) => sum + text.length, 0);
  return new EnvironmentError(`The index of ${nBytes} bytes of samples does not fit in memory`, {
    action: 'Scan fewer samples at a time.',
    cause,
  });
}

function randomSeed(): bigint {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high!) << 32n) | BigInt(low!);
}
