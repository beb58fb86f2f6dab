// A model on an NVIDIA card: its kernels, compiled for it, and its weights in the card's memory.

import { readFileSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import { compileKernels } from './compile-kernels.ts';
import type { DecoderParts } from './decoder-operations.ts';
import { driverOf } from './driver-of.ts';
import { MatrixProducts } from './matrix-product.ts';
import { placeWeights } from './place-weights.ts';
import { WeightUpload } from './upload-weights.ts';

/** What all work has in common, and what comes behind it for each kind. */
const common = programUrl('./kernels/decoder.cu', import.meta.url);
const kernels = {
  step: programUrl('./kernels/step.cu', import.meta.url),
  texts: programUrl('./kernels/texts.cu', import.meta.url),
};

export type OnCard = Pick<DecoderParts, 'driver' | 'kernel' | 'products' | 'placed'>;

/** Throws an EnvironmentError for what the device lacks, and a UserError for what the kernels cannot compute. */
export function openOnCard(
  { config: spec, weights, int8 }: DecoderModel,
  work: keyof typeof kernels,
  macros: Readonly<Record<string, string | number>>,
  nPositions: number,
  deviceId: number,
): OnCard {
  if (int8 !== undefined) {
    throw new UserError('8-bit products have no form for graphics processors.', {
      action: 'Leave --int8 out, or choose the provider cpu.',
    });
  }
  const driver = driverOf(deviceId);
  const source = [common, kernels[work]].map((file) => readFileSync(file, 'utf8')).join('\n');
  const kernel = driver.loadModule(compileKernels(source, driver.architecture, macros));
  const products = new MatrixProducts(driver.stream, (nBytes) => driver.allocate(nBytes));
  const upload = new WeightUpload(driver, kernel);
  const placed = placeWeights(driver, upload, spec, weights, nPositions);
  upload.close();
  return { driver, kernel, products, placed };
}
