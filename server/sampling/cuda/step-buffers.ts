// What the host and the device hand each other for a step: requests in, picks out. A row stands behind the other.

import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import type { CudaDriver, DeviceAddress } from './cuda-driver.ts';
import { logitStride } from './kernel-sizes.ts';

/** What the host writes before a batch, and reads after it. */
export interface StepBuffers {
  /** int32 [row], to feed next. */
  readonly token: DeviceAddress;
  /** int32 [row], of that token. */
  readonly position: DeviceAddress;
  /** int32 [row], picks left. */
  readonly remaining: DeviceAddress;
  /** uint64 [row]: the samples' numbers. */
  readonly samples: DeviceAddress;
  /** int32 [row, position], of which the first so many count. */
  readonly prompts: DeviceAddress;
  readonly promptLengths: DeviceAddress;
  /** float64 [step]: of a sample's first token, its second, … */
  readonly temperatures: DeviceAddress;
  /** uint64, one. */
  readonly seed: DeviceAddress;
  /** int32 [row, position]. */
  readonly picked: DeviceAddress;
  /** float32 [row, position]. */
  readonly logprob: DeviceAddress;
  /** float32 [row, logitStride], of the step that was run last. */
  readonly logits: DeviceAddress;
}

export interface StepSize {
  readonly nRows: number;
  /** Positions of the cache. */
  readonly nPositions: number;
}

export function allocateBuffers(driver: CudaDriver, spec: DecoderSpec, size: StepSize): StepBuffers {
  const { nRows, nPositions } = size;
  const perPosition = () => driver.allocate(4 * nRows * nPositions);
  return {
    token: driver.allocate(4 * nRows),
    position: driver.allocate(4 * nRows),
    remaining: driver.allocate(4 * nRows),
    samples: driver.allocate(8 * nRows),
    prompts: perPosition(),
    promptLengths: driver.allocate(4 * nRows),
    temperatures: driver.allocate(8 * nPositions),
    seed: driver.allocate(8),
    picked: perPosition(),
    logprob: perPosition(),
    logits: driver.allocate(4 * nRows * logitStride(spec)),
  };
}
