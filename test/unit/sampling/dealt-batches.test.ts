// How a plan's samples are dealt to several devices: all have work from the first moment to the last.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutBatches } from '../../../server/sampling/run/cut-batches.ts';
import type { DeviceAnswer, DeviceRequest } from '../../../server/sampling/run/device-messages.ts';
import { type Device, runOnDevices } from '../../../server/sampling/run/device-pool.ts';

const MAX_ROWS = 2048;

test('batches are of equal size, whole, in order, and as many for each device', () => {
  for (const nSamples of [1, 3, 2048, 2049, 18_433, 20_000]) {
    for (const nDevices of [1, 2, 4, 8]) {
      const all = Array.from({ length: nSamples }, (_, i) => i);
      const batches = [...cutBatches(all, MAX_ROWS, nDevices)];
      assert.deepEqual(batches.flat(), all);
      const sizes = batches.map(({ length }) => length);
      assert.ok(Math.max(...sizes) <= MAX_ROWS && Math.max(...sizes) - Math.min(...sizes) <= 1);
      if (nSamples >= nDevices) assert.equal(batches.length % nDevices, 0);
      const fewest = Math.ceil(nSamples / MAX_ROWS);
      assert.ok(batches.length < fewest + nDevices);
    }
  }
});

test('none is cut where there is nothing', () => {
  assert.deepEqual([...cutBatches([], MAX_ROWS, 4)], []);
});

for (const nDevices of [2, 4, 8]) {
  test(`${nDevices} simulated cards share a study evenly, and none waits for another`, async () => {
    const clock = new Clock();
    const cards = Array.from({ length: nDevices }, () => new SimulatedCard(clock));
    const all = Array.from({ length: 20_000 }, (_, sampleId) => ({ sampleId, prompt: [0] }));
    const batches = [...cutBatches(all, MAX_ROWS, nDevices)];
    const { signal } = new AbortController();
    let nRows = 0;
    const devices = cards as unknown as readonly Device[];
    for await (const rows of runOnDevices(devices, batches.values(), signal)) {
      nRows += rows.length;
      // Keeping what was made takes time, in which no card may be without work.
      await clock.pass(STORE_MS);
    }
    assert.equal(nRows, all.length);
    for (const { nBatches, idleMs } of cards) {
      assert.equal(nBatches, batches.length / nDevices);
      assert.equal(idleMs, 0);
    }
  });
}

test('a card that is found to be wrong beside its batch is told as that, and gives nothing away', async () => {
  const reason =
    "The card computes something else than the model's files say: norm: it is off by 9.0e-1 of its size";
  let hasEnded = false;
  const card = {
    send: () => {},
    answer: async (): Promise<DeviceAnswer> => ({ kind: 'unfit', reason }),
    end: () => {
      hasEnded = true;
    },
  } as unknown as Device;
  let nRows = 0;
  await assert.rejects(
    async () => {
      const batches = [[{ sampleId: 0, prompt: [0] }]].values();
      for await (const rows of runOnDevices([card], batches, new AbortController().signal))
        nRows += rows.length;
    },
    { name: 'EnvironmentError', message: `The device cannot be used: ${reason}` },
  );
  assert.deepEqual({ nRows, hasEnded }, { nRows: 0, hasEnded: true });
});

const BATCH_MS = 1000;
const STORE_MS = 90;

/** Time that passes only when somebody waits for it: whoever waits for the earliest moment goes on first. */
class Clock {
  now = 0;
  readonly #waiting: { readonly at: number; readonly goOn: () => void }[] = [];

  pass(ms: number): Promise<void> {
    return new Promise((goOn) => {
      this.#waiting.push({ at: this.now + ms, goOn });
      // When everything else that could go on has done so.
      setImmediate(() => {
        this.#waiting.sort((a, b) => a.at - b.at);
        const next = this.#waiting.shift()!;
        this.now = next.at;
        next.goOn();
      });
    });
  }
}

/** Makes batches one after the other, each in the same time, and counts the time between two that it has none. */
class SimulatedCard {
  nBatches = 0;
  idleMs = 0;
  readonly #clock: Clock;
  readonly #answers: Promise<DeviceAnswer>[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #freeSince: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(request: DeviceRequest): void {
    if (request.kind !== 'batch') return;
    const { rows } = request;
    const made = this.#last.then(async (): Promise<DeviceAnswer> => {
      if (this.#freeSince !== null) this.idleMs += this.#clock.now - this.#freeSince;
      await this.#clock.pass(BATCH_MS);
      this.#freeSince = this.#clock.now;
      this.nBatches++;
      return { kind: 'rows', rows: rows as never };
    });
    this.#last = made;
    this.#answers.push(made);
  }

  answer(): Promise<DeviceAnswer> {
    return this.#answers.shift()!;
  }

  end(): void {}
}
