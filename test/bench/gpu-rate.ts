// What the product's own forms sample a second on devices, as a study's run drives them.

import { chooseDeviceForm, type DeviceProvider } from '../../server/sampling/forms/device/device-form.ts';
import type { Checkpoint } from '../../server/sampling/model/checkpoint.ts';
import type { DeviceSystem } from '../../server/sampling/providers/device-system.ts';
import type { SamplingStart } from '../../server/sampling/run/device-messages.ts';
import { type Device, runOnDevices, startDevice } from '../../server/sampling/run/device-pool.ts';

/** What a device's process is started with to sample so many rows: top-k of 40, and all tokens of each. */
export function samplingStart(
  provider: DeviceProvider,
  { config, weights, weightFolder }: Checkpoint,
  system: DeviceSystem,
  deviceId: number,
  nRows: number,
  nTokens: number,
): SamplingStart {
  return {
    kind: 'sample',
    model: { config, weights, weightFolder },
    rule: { topK: 40, topP: 1, greedy: false },
    settings: { seed: 0, maxTokens: nTokens, schedule: { kind: 'constant', temperature: 1 } },
    form: { ...chooseDeviceForm(provider, config), size: { nRows, nPositions: 1 + nTokens } },
    system,
    deviceId,
  };
}

/** Milliseconds of a batch on each device; or why there are none. */
export async function timeOnDevices(
  starts: readonly SamplingStart[],
  nRows: number,
  bosToken: number,
): Promise<number | { readonly skipped: string }> {
  const { signal } = new AbortController();
  const started = await Promise.all(starts.map((start) => startDevice(start, signal)));
  const devices = started.flatMap((one) => (one.kind === 'ready' ? [one.device] : []));
  const unfit = started.find((one) => one.kind === 'unfit');
  if (unfit?.kind === 'unfit') {
    for (const device of devices) device.end();
    return { skipped: unfit.reason };
  }
  return timeOfABatch(devices, nRows, bosToken);
}

/** Milliseconds of a batch, in wall time while all devices work, without the first one on each device, which also allocates. */
async function timeOfABatch(devices: readonly Device[], batch: number, bosToken: number): Promise<number> {
  const rows = Array.from({ length: batch }, (_, sampleId) => ({ sampleId, prompt: [bosToken] }));
  const batches = Array.from({ length: 2 * devices.length }, () => rows);
  let nDone = 0;
  let before = 0;
  for await (const _ of runOnDevices(devices, batches[Symbol.iterator](), new AbortController().signal)) {
    if (++nDone === devices.length) before = performance.now();
  }
  return performance.now() - before;
}
