// Opens a model on a device in its graph form, and drives it. Runs inside a device's process.

import type { DecoderModel } from '../../decoder/decoder-graph.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import type { GenerationSettings, RowRequest, RowResult } from '../cached/generate-batch.ts';
import { generateBySteps, type StepSessions } from '../in-place/generate-by-steps.ts';
import { buildEmptyCache, buildStepGraph, type StepForm, stepCacheNames } from '../in-place/step-graph.ts';
import { generateOnDevice } from '../paged/generate-on-device.ts';
import { buildPagedLoop } from '../paged/paged-loop-graph.ts';
import type { DeviceForm, RunSize } from './device-form.ts';

/** A model on a device, ready for batches of the size's rows, or fewer. */
export type DeviceSampler = (
  settings: GenerationSettings,
  requests: readonly RowRequest[],
  isStopped: () => boolean,
) => Promise<readonly RowResult[] | null>;

export async function openDeviceSampler(
  model: DecoderModel,
  rule: PickRule,
  form: DeviceForm,
  session: SessionSettings,
  size: RunSize,
): Promise<DeviceSampler> {
  const precise = { ...model, precision: form.precision };
  if (form.kind === 'loop') {
    const loop = await openSession(buildPagedLoop(precise, rule, form.loop), session);
    return (settings, requests) => generateOnDevice(loop, form.loop, settings, requests, size);
  }
  const { steps } = form;
  const sessions = await openSteps(precise, rule, steps, session);
  return (settings, requests, isStopped) =>
    generateBySteps(sessions, steps, settings, requests, size, isStopped);
}

/** Only what is written in place stays in the device's memory: a cache that is handed on comes through the host. */
export async function openSteps(
  model: DecoderModel,
  rule: PickRule,
  form: StepForm,
  session: SessionSettings,
  outputs: 'tokens' | 'tokens-and-logits' = 'tokens',
): Promise<StepSessions> {
  const kept = form.cache === 'in-place' ? stepCacheNames('present', model.config.nLayers) : [];
  return {
    emptyCache: await openSession(buildEmptyCache(model), { ...session, deviceOutputs: kept }),
    steps: await openSession(buildStepGraph(model, rule, form, outputs), session),
  };
}
