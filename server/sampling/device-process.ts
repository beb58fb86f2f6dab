// A process that samples on one device. Drivers crash, block and never give memory back: here they can be
// stopped at any moment, and take nobody with them. It speaks device-messages.ts over its channel.

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { DeviceAnswer, DeviceRequest, DeviceStart } from './device-messages.ts';

const send = (answer: DeviceAnswer) => process.send?.(answer);
/** Without the runtime's own source lines in front: what is after them says it. */
const describe = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/^.* was false\. /s, '').trim();

process.on('message', async (request: DeviceRequest) => {
  try {
    if (request.kind === 'start') await begin(request.start);
  } catch (cause) {
    send({
      kind: 'unfit',
      reason: `${request.kind === 'start' ? request.start.system.provider : 'device'}: ${describe(cause)}`,
    });
  }
});
// Whoever started this process is gone: nobody is left to sample for.
process.on('disconnect', () => process.exit());

async function begin(start: DeviceStart): Promise<void> {
  const { model, rule, form, system, deviceId, nRows, settings } = start;
  if (system.runtimeFolder !== null) useRuntime(system.runtimeFolder);
  // Loaded only now: these import the runtime.
  const { openDeviceSampler } = await import('./device-sampler.ts');
  const { proveDevice } = await import('./providers/prove-device.ts');
  const session = {
    provider: system.provider,
    deviceId,
    nThreads: 1,
    weightFolder: model.weightFolder,
  };
  const result = start.proof === 'none' ? null : await proveDevice(start, session);
  if (result?.kind === 'unfit') {
    send(result);
    return;
  }
  const sample = await openDeviceSampler(model, rule, form, session, nRows);
  process.on('message', async (request: DeviceRequest) => {
    if (request.kind !== 'batch') return;
    try {
      const rows = await sample(settings, request.rows, () => false);
      send({ kind: 'rows', rows: rows ?? [] });
    } catch (cause) {
      send({ kind: 'failed', message: describe(cause) });
    }
  });
  send({ kind: 'ready', proof: result?.proof ?? null });
}

/** From here on `onnxruntime-node` is the package in this folder, whoever asks for it. */
function useRuntime(folder: string): void {
  const url = pathToFileURL(`${folder}/dist/index.js`).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'onnxruntime-node'
        ? { url, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
  });
}
