// Processes that are started before the model is known: CUDA's driver takes as long to open as a model.

import type { Execution } from '../../../protocol/study.ts';
import type { DeviceSearch } from '../providers/device-system.ts';
import { Device } from './device-pool.ts';
import { findSystem } from './find-system.ts';

export class SpareDevices implements Disposable {
  /** What was found before they were started: they take memory themselves. */
  readonly found: Found;
  readonly #devices: Map<number, Device>;

  /** In the order of the devices' numbers. */
  constructor(found: Found, devices: readonly Device[]) {
    this.found = found;
    this.#devices = new Map(devices.entries());
  }

  /** The one for this device, which is the caller's to end from now on. */
  take(deviceId: number): Device | undefined {
    const device = this.#devices.get(deviceId);
    this.#devices.delete(deviceId);
    return device;
  }

  /** Ends those that nobody took. */
  [Symbol.dispose](): void {
    for (const device of this.#devices.values()) device.end();
  }
}

type Found = Extract<DeviceSearch, { kind: 'found' }>;

/** For CUDA where it was named: under `auto` it is not known yet whether there is work for a device. */
export function startSpares(
  { workers }: Pick<Execution, 'workers'>,
  signal: AbortSignal,
): SpareDevices | undefined {
  const found = findSystem('cuda');
  if (found.kind === 'missing') return undefined;
  const nFound = found.devices.length;
  const nDevices = workers === 'auto' ? nFound : Math.min(workers, nFound);
  const devices = Array.from({ length: nDevices }, (_, deviceId) => {
    const device = new Device(found, signal);
    device.send({ kind: 'prepare', deviceId });
    return device;
  });
  return new SpareDevices(found, devices);
}
