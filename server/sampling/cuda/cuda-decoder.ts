// A decoder on an NVIDIA card: its weights, its cache and one step of it for a fixed number of rows, recorded once
// and then run for every token. Nothing leaves the card but the picks.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { PickRule } from '../pick/pick-token.ts';
import type { CudaDriver, GraphRun } from './cuda-driver.ts';
import { stepMacros } from './kernel-sizes.ts';
import { openOnCard } from './open-on-card.ts';
import type { Operation } from './operation.ts';
import { allocateBuffers, type StepBuffers, type StepSize } from './step-buffers.ts';
import { stepOperations } from './step-operations.ts';

export interface CudaDecoder {
  readonly driver: CudaDriver;
  readonly buffers: StepBuffers;
  readonly size: StepSize;
  readonly operations: readonly Operation[];
  /** All operations at once. */
  readonly step: GraphRun;
}

/** Throws an EnvironmentError for what the device lacks, and a UserError for what the kernels cannot compute. */
export function openCudaDecoder(
  model: DecoderModel,
  rule: PickRule,
  size: StepSize,
  deviceId: number,
): CudaDecoder {
  const { config: spec, weights } = model;
  const card = openOnCard(model, 'step', stepMacros(spec, rule, size.nRows), size.nPositions, deviceId);
  const { driver } = card;
  const buffers = allocateBuffers(driver, spec, size);
  const operations = stepOperations({ ...card, spec, weights }, buffers, size);
  const step = driver.capture(() => {
    for (const { ask } of operations) ask();
  });
  return { driver, buffers, size, operations, step };
}
