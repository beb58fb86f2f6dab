// Samples on a card: a decoder that is proved before, or while, it makes its first batch.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { RunSize } from '../forms/device/device-form.ts';
import type { Sampler } from '../forms/rows.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { CudaBatch } from './cuda-batch.ts';
import { type CudaDecoder, openCudaDecoder } from './cuda-decoder.ts';
import { proveStep } from './prove-step.ts';
import { type ProofTime, RunningProof } from './running-proof.ts';

/** Throws a WrongDevice, now or at each batch, for a card that computes something else than the model's files say. */
export async function openCudaSampler(
  model: DecoderModel,
  rule: PickRule,
  size: RunSize,
  deviceId: number,
  proofTime: ProofTime = 'first',
): Promise<Sampler> {
  const { decoder, proof } = openCard(model, rule, size, deviceId);
  if (proofTime === 'first') proof.finish();
  const { eosTokens } = model.config;
  return async (settings, requests, isStopped) => {
    const batch = new CudaBatch(decoder, eosTokens, settings, requests);
    const rows = await batch.run(isStopped, () => proof.advance());
    proof.finish();
    return rows;
  };
}

/** The largest difference of an operation from plain arithmetic, relative to the size of what it gives. */
export function proveOnCuda(model: DecoderModel, rule: PickRule, size: RunSize, deviceId: number): number {
  return openCard(model, rule, size, deviceId).proof.finish();
}

function openCard(
  model: DecoderModel,
  rule: PickRule,
  { nRows, nPositions }: RunSize,
  deviceId: number,
): { readonly decoder: CudaDecoder; readonly proof: RunningProof } {
  // The last position of a sample is never fed; a proof feeds two.
  const decoder = openCudaDecoder(model, rule, { nRows, nPositions: Math.max(2, nPositions - 1) }, deviceId);
  return { decoder, proof: new RunningProof(proveStep(decoder, model, rule)) };
}
