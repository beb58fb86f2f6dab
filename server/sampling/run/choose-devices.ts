// Turns the provider that was asked for into running devices: each candidate has to prove itself, and the
// reason why one was passed over is kept for the user. What is chosen is part of a study's record.

import type { Execution } from '../../../protocol/study.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { cudaBytesBeforeRows } from '../cuda/choose-rows.ts';
import { flopsPerPosition } from '../decoder/decoder-table.ts';
import {
  chooseDeviceForm,
  type DeviceForm,
  type DeviceProvider,
  nameDeviceForm,
} from '../forms/device/device-form.ts';
import type { GenerationSettings } from '../forms/rows.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { type Attempt, cannotBeUsed, chooseProvider, type ProviderChoice } from './choose-provider.ts';
import { chooseRows } from './choose-rows.ts';
import { type Device, firstReason, proveDevice, startDevice, tooLarge } from './device-pool.ts';
import { findSystem } from './find-system.ts';
import type { SpareDevices } from './spare-devices.ts';

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

export interface ChosenDevices {
  readonly provider: DeviceProvider;
  readonly form: string;
  readonly nRows: number;
  readonly devices: readonly Device[];
  /** Rejects with an EnvironmentError when a device turns out to compute something else than the CPU. */
  readonly proven: Promise<void>;
  /** Ends every device's process, also those that are still proving their device. */
  readonly end: () => void;
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
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const standard = isForced ? 'right' : 'right-and-faster';
  // Whoever named the provider does not wait for the proof: it runs beside the first batch, and a failed one stops the
  // batch. Where memory has no room for both the proof comes first, since one that finds no memory proves nothing.
  // On CUDA every process proves itself, before anything that it makes is given away.
  const separate = form.kind === 'cuda' ? [] : starts;
  const proof = Promise.all(separate.map((start) => proveDevice(start, standard, stopped))).then(firstReason);
  const proven = proof.then((reason) => {
    if (reason !== null) throw cannotBeUsed(provider, reason);
  });
  proven.catch(() => {});
  if (!isForced || !leavesRoom) {
    const reason = await proof;
    if (reason !== null) return unfit(reason);
  }
  const started = await Promise.all(
    starts.map((start) => startDevice(start, stopped, spares?.take(start.deviceId))),
  );
  const devices = started.flatMap((one) => (one.kind === 'ready' ? [one.device] : []));
  const reason = firstReason(started);
  const end = () => {
    stop.abort();
    for (const device of devices) device.end();
  };
  if (reason !== null) {
    end();
    return unfit(reason);
  }
  const chosen = { provider, form: nameDeviceForm(form, nRows), nRows, devices, proven, end };
  return { kind: 'chosen', chosen };
}
