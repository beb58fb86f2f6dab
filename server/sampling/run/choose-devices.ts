// Turns the provider that was asked for into running devices: each candidate has to prove itself, and the
// reason why one was passed over is kept for the user. What is chosen is part of a study's record.

import type { Execution } from '../../../protocol/study.ts';
import { cudaBytesBeforeRows } from '../cuda/choose-rows.ts';
import { flopsPerPosition } from '../decoder/decoder-table.ts';
import {
  chooseDeviceForm,
  type DeviceForm,
  type DeviceProvider,
  nameDeviceForm,
} from '../forms/device/device-form.ts';
import type { GenerationSettings } from '../forms/rows.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { type Attempt, chooseProvider, type ProviderChoice } from './choose-provider.ts';
import { chooseRows } from './choose-rows.ts';
import { tooLarge } from './device-pool.ts';
import { findSystem } from './find-system.ts';
import type { SpareDevices } from './spare-devices.ts';
import { type ProvenDevices, startProven } from './start-proven.ts';

export interface DeviceQuestion {
  readonly execution: Execution;
  readonly checkpoint: Pick<Checkpoint, 'config' | 'weights' | 'weightFolder' | 'weightBytes'>;
  readonly rule: PickRule;
  readonly settings: GenerationSettings;
  /** All samples of the plan, also those that are done: what is chosen must not change when a study goes on. */
  readonly nSamples: number;
  /** Positions of the longest sample with its prompt. */
  readonly nPositions: number;
  readonly signal: AbortSignal;
  /** What was started already of the provider that was named. */
  readonly spares?: SpareDevices | undefined;
}

export interface ChosenDevices extends ProvenDevices {
  readonly provider: DeviceProvider;
  readonly form: string;
  readonly nRows: number;
}

/** Throws an EnvironmentError where a provider was named and cannot be used. */
export function chooseDevices(question: DeviceQuestion): Promise<ProviderChoice<ChosenDevices>> {
  const { checkpoint, nSamples, nPositions } = question;
  const nFlops = flopsPerPosition(checkpoint.weights) * nSamples * nPositions;
  return chooseProvider(question.execution, nFlops, (provider, isForced) =>
    tryProvider(provider, question, isForced),
  );
}

async function tryProvider(
  provider: DeviceProvider,
  question: DeviceQuestion,
  isForced: boolean,
): Promise<Attempt<ChosenDevices>> {
  const unfit = (reason: string, action?: string) =>
    ({ kind: 'unfit', reason, ...(action === undefined ? {} : { action }) }) as const;
  const { spares } = question;
  const found = spares?.found ?? findSystem(provider);
  if (found.kind === 'missing') return unfit(found.reason, found.action);
  const { checkpoint, rule, settings, execution, signal } = question;
  const { config, weights, weightFolder } = checkpoint;
  let form: DeviceForm;
  try {
    form = chooseDeviceForm(provider, config);
  } catch (cause) {
    return unfit(cause instanceof Error ? cause.message : String(cause));
  }
  const nDevices =
    execution.workers === 'auto' ? found.devices.length : Math.min(execution.workers, found.devices.length);
  if (form.kind === 'cuda') {
    const needed = cudaBytesBeforeRows(weights);
    const free = Math.min(...found.devices.slice(0, nDevices).map(({ freeBytes }) => freeBytes));
    if (needed > free) return unfit(tooLarge(needed, free));
  }
  const { nRows, leavesRoom } = chooseRows(question, found.devices.slice(0, nDevices), form);
  const starts = Array.from({ length: nDevices }, (_, deviceId) => ({
    kind: 'sample' as const,
    model: { config, weights, weightFolder },
    rule,
    settings,
    form: { ...form, size: { nRows, nPositions: question.nPositions } },
    system: found.system,
    deviceId,
    proofTime: isForced ? ('beside' as const) : ('first' as const),
  }));
  // Without room for both the proof comes first: one that finds no memory proves nothing.
  const proofTime = isForced && leavesRoom ? 'beside' : 'first';
  const started = await startProven(provider, starts, { isForced, proofTime, signal, spares });
  if (started.kind === 'unfit') return started;
  return {
    kind: 'chosen',
    chosen: { provider, form: nameDeviceForm(form, nRows), nRows, ...started.chosen },
  };
}
