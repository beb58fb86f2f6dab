// The graph forms for graphics processors under one roof: which form each provider takes, and how one is
// opened and driven. A form's name is part of a sample's key.

import { EnvironmentError } from '../errors.ts';
import type { GenerationSettings, RowRequest, RowResult } from './generate-batch.ts';
import { generateBySteps } from './generate-by-steps.ts';
import { generateOnDevice } from './generate-on-device.ts';
import type { Gpt2Config } from './gpt2-config.ts';
import type { Gpt2Model, Precision } from './gpt2-graph.ts';
import { buildPagedLoop, CUDA_FORM, type PagedLoopForm } from './paged-loop-graph.ts';
import type { PickRule } from './pick-token.ts';
import { openSession, type SessionSettings } from './session.ts';
import { buildEmptyCache, buildStepGraph, type StepForm, stepCacheNames } from './step-graph.ts';

export type DeviceProvider = 'cuda' | 'webgpu' | 'dml' | 'coreml';

export type DeviceForm =
  | { readonly kind: 'loop'; readonly precision: Precision; readonly loop: PagedLoopForm }
  | { readonly kind: 'steps'; readonly precision: Precision; readonly steps: StepForm };

const WEBGPU_STEPS: StepForm = { nSteps: 8, arithmetic: 'float32', pageSize: null };

/** By measurement (docs/performance.md); throws where the provider has no form for this model. */
export function chooseDeviceForm(provider: DeviceProvider, config: Gpt2Config): DeviceForm {
  if (provider !== 'cuda') {
    return { kind: 'steps', precision: 'float32', steps: WEBGPU_STEPS };
  }
  const { headWidth } = config;
  if (headWidth % 8 !== 0 || headWidth > 256) {
    throw new EnvironmentError(
      `CUDA's attention takes heads of up to 256 values, in steps of 8, and this model's have ${headWidth}`,
      { action: 'Choose another provider.' },
    );
  }
  const headsTogether = [4, 2].find((n) => config.nHeads % n === 0 && n * headWidth <= 256) ?? 1;
  return { kind: 'loop', precision: 'float16', loop: { ...CUDA_FORM, headsTogether } };
}

/** Rows are part of the name: a matrix product of another height may round differently. */
export function nameDeviceForm(form: DeviceForm, nRows: number): string {
  if (form.kind === 'loop') {
    const { attention, pageSize, headsTogether, unroll } = form.loop;
    return `${attention}-loop-${form.precision}-page-${pageSize}-heads-${headsTogether}-unroll-${unroll}-rows-${nRows}`;
  }
  const { nSteps, pageSize } = form.steps;
  return `${pageSize === null ? '' : `page-${pageSize}-`}steps-${form.precision}-${nSteps}-rows-${nRows}`;
}

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
  // Only WebGPU's buffers can be handed on by this runtime; others get their cache back through the host.
  const deviceOutputs = session.provider === 'webgpu' ? stepCacheNames('present', model.config.nLayers) : [];
  const sessions = {
    emptyCache: await openSession(buildEmptyCache(precise), { ...session, deviceOutputs }),
    steps: await openSession(buildStepGraph(precise, rule, form.steps), {
      ...session,
      deviceOutputs: form.steps.pageSize === null ? deviceOutputs : [],
    }),
  };
  return (settings, requests, isStopped) =>
    generateBySteps(sessions, form.steps, settings, requests, nRows, isStopped);
}
