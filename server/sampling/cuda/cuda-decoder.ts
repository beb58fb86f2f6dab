// A decoder on an NVIDIA card: its weights, its cache and one step of it for a fixed number of rows, recorded once
// and then run for every token. Nothing leaves the card but the picks.

import { readFileSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { compileKernels } from './compile-kernels.ts';
import { CudaDriver, type GraphRun } from './cuda-driver.ts';
import { kernelMacros } from './kernel-sizes.ts';
import { MatrixProducts } from './matrix-product.ts';
import { placeWeights } from './place-weights.ts';
import { allocateBuffers, type StepBuffers, type StepSize } from './step-buffers.ts';
import { type Operation, stepOperations } from './step-operations.ts';
import { WeightUpload } from './upload-weights.ts';

const source = programUrl('./kernels/decoder.cu', import.meta.url);

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
  { config: spec, weights, int8 }: DecoderModel,
  rule: PickRule,
  size: StepSize,
  deviceId: number,
): CudaDecoder {
  if (int8 !== undefined) {
    throw new UserError('8-bit products have no form for graphics processors.', {
      action: 'Leave --int8 out, or choose the provider cpu.',
    });
  }
  const driver = new CudaDriver(deviceId);
  const macros = kernelMacros(spec, rule, size.nRows);
  const kernel = driver.loadModule(compileKernels(readFileSync(source, 'utf8'), driver.architecture, macros));
  const products = new MatrixProducts(driver.stream, (nBytes) => driver.allocate(nBytes));
  const upload = new WeightUpload(driver, kernel);
  const placed = placeWeights(driver, upload, spec, weights, size.nPositions);
  upload.close();
  const buffers = allocateBuffers(driver, spec, size);
  const operations = stepOperations({ driver, kernel, products, spec, weights, placed, buffers, size });
  const step = driver.capture(() => {
    for (const { ask } of operations) ask();
  });
  return { driver, buffers, size, operations, step };
}
