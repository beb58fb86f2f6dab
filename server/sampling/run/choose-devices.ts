// Turns the provider that was asked for into running devices: each candidate has to prove itself, and the
// reason why one was passed over is kept for the user. What is chosen is part of a study's record.

import { existsSync, readdirSync } from 'node:fs';
import type { Execution, Provider } from '../../../protocol/study.ts';
import { EnvironmentError } from '../../errors.ts';
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
import { guessFreeBytes } from '../providers/device-memory.ts';
import type { DeviceSearch } from '../providers/device-system.ts';
import { findCuda } from '../providers/find-cuda.ts';
import { chooseRows } from './choose-rows.ts';
import {
  type Device,
  type ProvedDevice,
  proveDevice,
  type StartedDevice,
  startDevice,
} from './device-pool.ts';

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

export interface DeviceChoice {
  /** Null where the CPU samples. */
  readonly chosen: ChosenDevices | null;
  readonly fallbacks: readonly string[];
}

/** Throws an EnvironmentError where a provider was named and cannot be used. */
export async function chooseDevices(question: DeviceQuestion): Promise<DeviceChoice> {
  const asked = question.execution.provider;
  if (asked === 'cpu') return { chosen: null, fallbacks: [] };
  const isForced = asked !== 'auto';
  // For little work the CPU is done before a device has started, so using it needs no excuse.
  if (!isForced && estimateCpuSeconds(question) < WORTH_A_DEVICE_SECONDS) {
    return { chosen: null, fallbacks: [] };
  }
  const fallbacks: string[] = [];
  for (const provider of isForced ? [asked] : candidates()) {
    const { chosen, reason, action } = await tryProvider(provider, question, isForced);
    if (chosen !== null) return { chosen, fallbacks };
    if (isForced) throw cannotBeUsed(provider, reason, action);
    fallbacks.push(`${NAMES[provider]} is not used: ${reason}.`);
  }
  return { chosen: null, fallbacks };
}

const cannotBeUsed = (provider: DeviceProvider, reason: string, action?: string) =>
  new EnvironmentError(`The provider ${provider} cannot be used: ${reason}`, {
    action: action ?? 'Run "verbatim doctor" to see what is there, or choose another provider.',
  });

const NAMES: Readonly<Record<Provider, string>> = {
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'CoreML',
  cpu: 'The CPU',
};

/** The providers that the runtime was built with for this system, the fastest first. */
export function candidates(platform: NodeJS.Platform = process.platform): readonly DeviceProvider[] {
  if (platform === 'linux') return ['cuda', 'webgpu'];
  if (platform === 'win32') return ['webgpu', 'dml'];
  return platform === 'darwin' ? ['webgpu', 'coreml'] : [];
}

/** What the CPU must need for a device to be tried: starting one, proving it and loading the model take seconds. */
const WORTH_A_DEVICE_SECONDS = 20;
/** What two ordinary cores compute a second; more cores are a reason to use the CPU, never against a device. */
const CPU_FLOPS = 80e9;

function estimateCpuSeconds({ checkpoint, nSamples, nPositions }: DeviceQuestion): number {
  return (flopsPerPosition(checkpoint.weights) * nSamples * nPositions) / CPU_FLOPS;
}

interface Attempt {
  readonly chosen: ChosenDevices | null;
  readonly reason: string;
  readonly action?: string;
}

async function tryProvider(
  provider: DeviceProvider,
  question: DeviceQuestion,
  isForced: boolean,
): Promise<Attempt> {
  const found = findSystem(provider);
  if (found.kind === 'missing') return { chosen: null, reason: found.reason, action: found.action };
  const { checkpoint, rule, settings, execution, signal } = question;
  const { config, weights, weightFolder } = checkpoint;
  let form: DeviceForm;
  try {
    form = chooseDeviceForm(provider, config);
  } catch (cause) {
    return { chosen: null, reason: cause instanceof Error ? cause.message : String(cause) };
  }
  const nDevices =
    execution.workers === 'auto' ? found.devices.length : Math.min(execution.workers, found.devices.length);
  if (form.kind === 'cuda') {
    const needed = cudaBytesBeforeRows(weights);
    const free = Math.min(...found.devices.slice(0, nDevices).map(({ freeBytes }) => freeBytes));
    if (needed > free) return { chosen: null, reason: tooLarge(needed, free) };
  }
  const { nRows, leavesRoom } = chooseRows(question, found.devices.slice(0, nDevices), form);
  const starts = Array.from({ length: nDevices }, (_, deviceId) => ({
    model: { config, weights, weightFolder },
    rule,
    settings,
    form: { ...form, size: { nRows, nPositions: question.nPositions } },
    system: found.system,
    deviceId,
  }));
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const standard = isForced ? 'right' : 'right-and-faster';
  // Whoever named the provider does not wait for the proof: it runs beside the first batch, and a failed one stops the
  // batch. Where memory has no room for both the proof comes first, since one that finds no memory proves nothing.
  // On CUDA every process proves itself when it starts, before it makes a batch.
  const separate = form.kind === 'cuda' ? [] : starts;
  const proof = Promise.all(separate.map((start) => proveDevice(start, standard, stopped))).then(firstReason);
  const proven = proof.then((reason) => {
    if (reason !== null) throw cannotBeUsed(provider, reason);
  });
  proven.catch(() => {});
  if (!isForced || !leavesRoom) {
    const reason = await proof;
    if (reason !== null) return { chosen: null, reason };
  }
  const started = await Promise.all(starts.map((start) => startDevice(start, stopped)));
  const devices = started.flatMap((one) => (one.kind === 'ready' ? [one.device] : []));
  const reason = firstReason(started);
  if (reason !== null) {
    stop.abort();
    return { chosen: null, reason };
  }
  const end = () => stop.abort();
  return { chosen: { provider, form: nameDeviceForm(form, nRows), nRows, devices, proven, end }, reason: '' };
}

const tooLarge = (needed: number, free: number) =>
  `the model's weights take ${(needed / 1e9).toFixed(1)} GB with what the driver needs, and ${(free / 1e9).toFixed(1)} GB of the card are free`;

/** Why a device is unfit, with its number where there are several; null where all are fit. */
function firstReason(devices: readonly (StartedDevice | ProvedDevice)[]): string | null {
  const at = devices.findIndex(({ kind }) => kind === 'unfit');
  const device = devices[at];
  if (device?.kind !== 'unfit') return null;
  return devices.length === 1 ? device.reason : `device ${at}: ${device.reason}`;
}

export function findSystem(provider: DeviceProvider): DeviceSearch {
  if (provider === 'cuda') return findCuda();
  if (provider === 'webgpu' && process.platform === 'linux' && !hasGraphicsDevice()) {
    return {
      kind: 'missing',
      reason: 'there is no graphics device (/dev/dri is empty)',
      action: 'Install the driver of the graphics card, with Vulkan.',
    };
  }
  const system = { provider, libraryFolders: [] } as const;
  return { kind: 'found', system, devices: [{ name: provider, freeBytes: guessFreeBytes() }] };
}

/** A cheap look, before a process is started for nothing. A Vulkan driver that is named counts as a device. */
function hasGraphicsDevice(): boolean {
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  if (existsSync('/dev/nvidiactl') || existsSync('/dev/dxg')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('render'));
}
