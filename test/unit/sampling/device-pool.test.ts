// Device processes: which one makes a batch changes nothing, cancelling ends them at once, and one that dies is
// an error that says so. None outlives the run it was started for.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chooseDeviceForm } from '../../../server/sampling/forms/device/device-form.ts';
import type { RowResult } from '../../../server/sampling/forms/rows.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { type ChosenDevices, chooseDevices } from '../../../server/sampling/run/choose-devices.ts';
import type { SamplingStart } from '../../../server/sampling/run/device-messages.ts';
import { Device, runOnDevices, startDevice } from '../../../server/sampling/run/device-pool.ts';
import { SpareDevices } from '../../../server/sampling/run/spare-devices.ts';
import { inCi } from '../../support/in-ci.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { driverEnvironment, driverFolder, hasSoftwareDriver } from '../../support/software-driver.ts';

const N_ROWS = 2;
const BATCHES = [0, 1, 2].map((batch) =>
  [0, 1].map((row) => ({ sampleId: batch * N_ROWS + row, prompt: [299] })),
);

/** Without biases all its products are of one kind: the driver takes more than a second to compile each kind. */
const openModel = () =>
  openCheckpoint(writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'llama' } }));

/** Each start of a driver takes seconds: at a desk there are some already. */
const inCiAlone = { skip: !inCi && 'starts more drivers: set CI to run it' };

describe('device processes', { skip: !hasSoftwareDriver }, () => {
  Object.assign(process.env, driverEnvironment);

  test('two give what one gives', async () => {
    const checkpoint = await openModel();
    const devices = await Promise.all([start(checkpoint), start(checkpoint)]);
    const [first, second] = await Promise.all(devices.map(makeAll));
    assert.equal(first!.length, BATCHES.length * N_ROWS);
    assert.deepEqual(second, first);
    assert.deepEqual(await sampleAll(devices), first);
  });

  /** Two tests share it, since its first batch takes it seconds. */
  let spareDevice: Promise<Device> | undefined;
  const isOver = new AbortController();
  after(() => isOver.abort());
  const startSpare = (): Promise<Device> => {
    spareDevice ??= prepareThenStart();
    return spareDevice;
  };
  async function prepareThenStart(): Promise<Device> {
    const asked = startOf(await openModel());
    const { signal } = isOver;
    const spare = new Device(asked, signal);
    spare.send({ kind: 'prepare', deviceId: 0 });
    const started = await startDevice(asked, signal, spare);
    assert.ok(started.kind === 'ready' && started.device === spare, JSON.stringify(started));
    return spare;
  }

  test('may be started before it is known what for', async () => {
    const device = await startSpare();
    assert.equal((await makeAll(device)).length, BATCHES.length * N_ROWS);
  });

  test('end with a cancel, in the middle of a batch', async () => {
    const checkpoint = await openModel();
    const stop = new AbortController();
    const device = await start(checkpoint, 80);
    setTimeout(() => stop.abort(), 300);
    let nRows = 0;
    await assert.rejects(
      async () => {
        for await (const rows of runOnDevices([device], BATCHES[Symbol.iterator](), stop.signal))
          nRows += rows.length;
      },
      { name: 'Cancelled' },
    );
    assert.equal(nRows, 0, 'it was still sampling');
  });

  test('give nothing away before they are proved, and nothing at all if they are not', async () => {
    const { signal } = new AbortController();
    const { promise: proven, resolve: prove } = Promise.withResolvers<void>();
    let isProved = false;
    const device = await startSpare();
    // Two are dealt at once, and the third when the first is made: only then is the device proved.
    const dealt = (function* () {
      for (const [i, batch] of BATCHES.entries()) {
        if (i === 2) {
          setTimeout(() => {
            isProved = true;
            prove();
          }, 50);
        }
        yield batch;
      }
    })();
    let nMade = 0;
    for await (const rows of runOnDevices([device], dealt, signal, proven)) {
      assert.ok(isProved);
      nMade += rows.length;
    }
    assert.equal(nMade, BATCHES.length * N_ROWS);
    const refused = await start(await openModel(), 80);
    const wrong = new Promise<void>((_, reject) => {
      setTimeout(() => reject(new Error('computes something else')), 100);
    });
    let nRows = 0;
    let nDealt = 0;
    const batches = (function* () {
      for (const batch of BATCHES) {
        nDealt++;
        yield batch;
      }
    })();
    await assert.rejects(
      async () => {
        for await (const rows of runOnDevices([refused], batches, signal, wrong)) nRows += rows.length;
      },
      { message: 'computes something else' },
    );
    assert.deepEqual({ nRows, nDealt }, { nRows: 0, nDealt: 2 }, 'in the middle of the first batch');
  });

  test('end with the signal that they were started under', async () => {
    const checkpoint = await openModel();
    const stop = new AbortController();
    const device = await start(checkpoint, 8, stop.signal);
    stop.abort();
    assert.equal((await device.answer()).kind, 'failed');
  });

  test('end all together, also those that are still being proved', inCiAlone, async () => {
    const { devices, proven, end } = await choose(N_ROWS);
    end();
    await assert.rejects(proven, { name: 'Cancelled' });
    assert.equal((await devices[0]!.answer()).kind, 'failed');
  });

  test('are proved first where the batch leaves no memory for it', inCiAlone, async () => {
    const { proven, end } = await choose(2 ** 20);
    end();
    await proven;
  });

  test('say so when they die', async () => {
    const checkpoint = await openModel();
    const device = await start(checkpoint, 80);
    setTimeout(() => device.end(), 100);
    await assert.rejects(sampleAll([device]), {
      name: 'EnvironmentError',
      message: /The device stopped sampling: webgpu ended its process \(SIGKILL\)/,
    });
  });
});

test('spare devices are given once, and ended if nobody takes them', () => {
  const ended: number[] = [];
  const devices = [0, 1, 2].map((id) => ({ end: () => ended.push(id) }) as unknown as Device);
  const system = { provider: 'cuda', libraryFolders: [] } as const;
  {
    using spares = new SpareDevices({ kind: 'found', system, devices: [] }, devices);
    assert.equal(spares.take(1), devices[1]);
    assert.equal(spares.take(1), undefined);
    assert.equal(spares.take(3), undefined);
    assert.deepEqual(ended, []);
  }
  assert.deepEqual(ended, [0, 2]);
});

async function start(
  checkpoint: Checkpoint,
  maxTokens = 8,
  signal = new AbortController().signal,
): Promise<Device> {
  const started = await startDevice(startOf(checkpoint, maxTokens), signal);
  assert.equal(started.kind, 'ready', JSON.stringify(started));
  return (started as { readonly device: Device }).device;
}

async function choose(batch: number): Promise<ChosenDevices> {
  const checkpoint = await openModel();
  const { rule, settings } = startOf(checkpoint);
  const { chosen } = await chooseDevices({
    execution: { provider: 'webgpu', batch, workers: 'auto' },
    checkpoint,
    rule,
    settings,
    nSamples: batch,
    nPositions: 9,
    signal: new AbortController().signal,
  });
  return chosen!;
}

function startOf({ config, weights, weightFolder }: Checkpoint, maxTokens = 8): SamplingStart {
  return {
    kind: 'sample',
    model: { config, weights, weightFolder },
    rule: { topK: 40, topP: 1, greedy: false },
    settings: { seed: 0, maxTokens, schedule: { kind: 'constant', temperature: 1 } },
    form: {
      ...chooseDeviceForm('webgpu', config),
      size: { nRows: N_ROWS, nPositions: 1 + maxTokens },
    },
    system: { provider: 'webgpu', libraryFolders: [driverFolder] },
    deviceId: 0,
  };
}

/** All batches by one device, which goes on living. */
async function makeAll(device: Device): Promise<readonly RowResult[]> {
  const all: RowResult[] = [];
  for (const rows of BATCHES) {
    device.send({ kind: 'batch', rows });
    const answer = await device.answer();
    assert.ok(answer.kind === 'rows', JSON.stringify(answer));
    all.push(...(answer.rows as readonly RowResult[]));
  }
  return all;
}

async function sampleAll(devices: readonly Device[]): Promise<readonly RowResult[]> {
  const all: RowResult[] = [];
  for await (const rows of runOnDevices(devices, BATCHES[Symbol.iterator](), new AbortController().signal)) {
    all.push(...rows);
  }
  return all.sort((a, b) => a.sampleId - b.sampleId);
}
