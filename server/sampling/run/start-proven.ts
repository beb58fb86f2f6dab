// Has devices prove themselves and starts them, for samples and for reading alike.

import type { DeviceProvider } from '../forms/device/device-form.ts';
import { type Attempt, cannotBeUsed } from './choose-provider.ts';
import type { DeviceStart } from './device-messages.ts';
import { type Device, firstReason, proveDevice, startDevice } from './device-pool.ts';
import type { SpareDevices } from './spare-devices.ts';

export interface ProvenDevices {
  readonly devices: readonly Device[];
  /** Rejects with an EnvironmentError when a device turns out to compute something else than the CPU. */
  readonly proven: Promise<void>;
  /** Ends every device's process, also those that are still proving their device. */
  readonly end: () => void;
}

export interface ProofTerms {
  /** Somebody named the provider: it need not be faster than the CPU. */
  readonly isForced: boolean;
  /** Whether the proof runs beside the first batch, which a failed one stops, or before anything is started. */
  readonly proofTime: 'beside' | 'first';
  readonly signal: AbortSignal;
  /** What was started already. */
  readonly spares?: SpareDevices | undefined;
}

/** `starts` has one of each device, all of one form. */
export async function startProven(
  provider: DeviceProvider,
  starts: readonly DeviceStart[],
  { isForced, proofTime, signal, spares }: ProofTerms,
): Promise<Attempt<ProvenDevices>> {
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const standard = isForced ? 'right' : 'right-and-faster';
  // On CUDA every process proves itself, before anything that it makes is given away.
  const separate = starts.filter(({ form }) => form.kind !== 'cuda');
  const proof = Promise.all(separate.map((start) => proveDevice(start, standard, stopped))).then(firstReason);
  const proven = proof.then((reason) => {
    if (reason !== null) throw cannotBeUsed(provider, reason);
  });
  proven.catch(() => {});
  if (proofTime === 'first') {
    const reason = await proof;
    if (reason !== null) return { kind: 'unfit', reason };
  }
  const started = await Promise.all(
    starts.map((start) => startDevice(start, stopped, spares?.take(start.deviceId))),
  );
  const devices = started.flatMap((one) => (one.kind === 'ready' ? [one.device] : []));
  const end = () => {
    stop.abort();
    for (const device of devices) device.end();
  };
  const reason = firstReason(started);
  if (reason !== null) {
    end();
    return { kind: 'unfit', reason };
  }
  return { kind: 'chosen', chosen: { devices, proven, end } };
}
