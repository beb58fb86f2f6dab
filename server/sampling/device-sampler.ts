// Opens a model on a device in its graph form, and drives it. Runs inside a device's process.

import type { DeviceForm } from './device-form.ts';
import type { GenerationSettings, RowRequest, RowResult } from './generate-batch.ts';
import { generateBySteps } from './generate-by-steps.ts';
import { generateOnDevice } from './generate-on-device.ts';
import type { Gpt2Model } from './gpt2-graph.ts';
import { buildPagedLoop } from './paged-loop-graph.ts';
import type { PickRule } from './pick-token.ts';
import { openSession, type SessionSettings } from './session.ts';
import { buildEmptyCache, buildStepGraph, type StepForm, stepCacheNames } from './step-graph.ts';

/** A model on a device, ready for batches of `nRows`. */
export type DeviceSampler = (
  settings: GenerationSettings,
  requests: readonly RowRequest[],
  isStopped: () => boolean,
) => Promise<readonly RowResult[] | null>;

export async function openDeviceSampler(
  model: Gpt2Model,
  rule: PickRule,
  form: DeviceForm,
  session: SessionSettings,
  nRows: number,
): Promise<DeviceSampler> {
  const precise = { ...model, precision: form.precision };
  if (form.kind === 'loop') {
    const loop = await openSession(buildPagedLoop(precise, rule, form.loop), session);
    return (settings, requests) => generateOnDevice(loop, form.loop, settings, requests, nRows);
  }
  // Only WebGPU's buffers can be kept by this runtime; others get their cache back through the host.
  const isKept = session.provider === 'webgpu';
  const steps: StepForm = { ...form.steps, cache: isKept ? 'in-place' : 'handed-on' };
  const deviceOutputs = isKept ? stepCacheNames('present', model.config.nLayers) : [];
  const sessions = {
    emptyCache: await openSession(buildEmptyCache(precise), { ...session, deviceOutputs }),
    steps: await openSession(buildStepGraph(precise, rule, steps), session),
  };
  return (settings, requests, isStopped) =>
    generateBySteps(sessions, steps, settings, requests, nRows, isStopped);
}
