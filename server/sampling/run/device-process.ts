// A process that samples on one device. Drivers crash, block and never give memory back: here they can be
// stopped at any moment, and take nobody with them. It speaks device-messages.ts over its channel.

import { endWithParent } from '../../guard/end-with-parent.ts';
import type { SessionSettings } from '../onnx/session.ts';
import type { DeviceAnswer, DeviceRequest, DeviceStart, ProofStandard } from './device-messages.ts';

const send = (answer: DeviceAnswer) => process.send?.(answer);
/** The message without the runtime's own source lines in front, which tell a user nothing. */
const describe = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/^.* was false\. /s, '').trim();

process.on('message', async (request: DeviceRequest) => {
  if (request.kind === 'batch') return;
  try {
    if (request.kind === 'prove') await prove(request.start, request.standard);
    else await begin(request.start);
  } catch (cause) {
    send({ kind: 'unfit', reason: `${request.start.system.provider}: ${describe(cause)}` });
  }
});
// Whoever started this process is gone: nobody is left to sample for.
process.on('disconnect', () => process.exit());
// A driver that blocks this thread keeps it from hearing that.
void endWithParent(1000);

async function prove(start: DeviceStart, standard: ProofStandard): Promise<void> {
  const session = prepareSession(start);
  // Loaded only now, when it is settled which runtime `onnxruntime-node` is; the same holds for open-sampler.ts below.
  const { proveDevice } = await import('./prove-device.ts');
  send(await proveDevice(start, standard, session));
}

async function begin(start: DeviceStart): Promise<void> {
  const session = prepareSession(start);
  const { openSampler } = await import('./open-sampler.ts');
  const { model, rule, form, settings } = start;
  const sample = await openSampler(model, rule, form, session);
  process.on('message', async (request: DeviceRequest) => {
    if (request.kind !== 'batch') return;
    try {
      const rows = await sample(settings, request.rows, () => false);
      send({ kind: 'rows', rows: rows ?? [] });
    } catch (cause) {
      send({ kind: 'failed', message: describe(cause) });
    }
  });
  send({ kind: 'ready' });
}

function prepareSession({ model, system, deviceId }: DeviceStart): SessionSettings {
  return { provider: system.provider, deviceId, nThreads: 1, weightFolder: model.weightFolder };
}
