// A process that samples, or reads, on one device. Drivers crash, block and never give memory back: here they can be
// stopped at any moment, and take nobody with them. It speaks device-messages.ts over its channel.

import { endWithParent } from '../../guard/end-with-parent.ts';
import { WrongDevice } from '../cuda/wrong-device.ts';
import type { MapRow } from '../forms/map/rows.ts';
import type { RowRequest } from '../forms/rows.ts';
import type { SessionSettings } from '../onnx/session.ts';
import type {
  DeviceAnswer,
  DeviceRequest,
  DeviceStart,
  ProofStandard,
  ReadingStart,
  SamplingStart,
} from './device-messages.ts';

const send = (answer: DeviceAnswer) => process.send?.(answer);
/** The message without the runtime's own source lines in front, which tell a user nothing. */
const describe = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/^.* was false\. /s, '').trim();

process.on('message', async (request: DeviceRequest) => {
  if (request.kind === 'batch') return;
  if (request.kind === 'prepare') return prepare(request.deviceId);
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

/** Opens CUDA's driver. What is wrong with it is told when there is work. */
async function prepare(deviceId: number): Promise<void> {
  await import('./open-sampler.ts');
  const { driverOf } = await import('../cuda/driver-of.ts');
  try {
    driverOf(deviceId);
  } catch {
    // It is opened again.
  }
}

async function prove(start: DeviceStart, standard: ProofStandard): Promise<void> {
  const session = prepareSession(start);
  // Loaded only now, when it is settled which runtime `onnxruntime-node` is; the same holds for the openers below.
  const { proveDevice } = await import('./prove-device.ts');
  send(await proveDevice(start, standard, session));
}

async function begin(start: DeviceStart): Promise<void> {
  const answer = start.kind === 'sample' ? await beginSampling(start) : await beginReading(start);
  // One after the other: a batch may come while the one before it is in work.
  let last = Promise.resolve();
  process.on('message', (request: DeviceRequest) => {
    if (request.kind !== 'batch') return;
    last = last.then(async () => {
      try {
        send({ kind: 'rows', rows: await answer(request.rows) });
      } catch (cause) {
        send(
          cause instanceof WrongDevice
            ? { kind: 'unfit', reason: describe(cause) }
            : { kind: 'failed', message: describe(cause) },
        );
      }
    });
  });
  send({ kind: 'ready' });
}

type Rows = Extract<DeviceRequest, { kind: 'batch' }>['rows'];
type AnswerRows = (rows: Rows) => Promise<Extract<DeviceAnswer, { kind: 'rows' }>['rows']>;

async function beginSampling(start: SamplingStart): Promise<AnswerRows> {
  const session = prepareSession(start);
  const { openSampler } = await import('./open-sampler.ts');
  const { model, rule, form, settings, proofTime } = start;
  const sample = await openSampler(model, rule, form, session, undefined, proofTime);
  return async (rows) => (await sample(settings, rows as readonly RowRequest[], () => false)) ?? [];
}

async function beginReading(start: ReadingStart): Promise<AnswerRows> {
  const session = prepareSession(start);
  const { openReader } = await import('./open-reader.ts');
  const { model, rule, form } = start;
  const read = await openReader(model, rule, form, session);
  return async (rows) => read(rows as readonly MapRow[]);
}

function prepareSession({ model, system, deviceId }: DeviceStart): SessionSettings {
  return { provider: system.provider, deviceId, nThreads: 1, weightFolder: model.weightFolder };
}
