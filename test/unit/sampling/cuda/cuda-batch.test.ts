// A batch on a card that only counts: which request each row works on, and that each has its own picks whatever ends beside
// it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { CudaBatch, type SteppedDecoder } from '../../../../server/sampling/cuda/cuda-batch.ts';
import type { RowRequest } from '../../../../server/sampling/forms/rows.ts';

const MAX_TOKENS = 40;
const END = 7;
const SETTINGS = {
  seed: 3,
  maxTokens: MAX_TOKENS,
  schedule: { kind: 'constant', temperature: 1 },
} as const;

/** Some end early, and prompts are of several lengths. */
const lengthOf = (sampleId: number) => (sampleId % 3 === 0 ? MAX_TOKENS : 1 + ((sampleId * 11) % 30));
const tokenOf = (sampleId: number, at: number) =>
  at === lengthOf(sampleId) - 1 && sampleId % 3 !== 0 ? END : 100 + sampleId * 50 + at;
const requestsOf = (n: number): readonly RowRequest[] =>
  Array.from({ length: n }, (_, i) => ({
    sampleId: 10 + i,
    prompt: Array.from({ length: 1 + (i % 4) }, (_, at) => 20 + at),
  }));

for (const [what, nRows, nRequests] of [
  ['fewer requests than rows', 8, 5],
  ['requests that take the places of others', 4, 30],
  ['so many rows that they are copied together', 200, 450],
] as const) {
  test(`${what}: each has its own tokens, in order`, async () => {
    const card = new CountingCard(nRows, MAX_TOKENS + 3);
    const requests = requestsOf(nRequests);
    const rows = await new CudaBatch(card.decoder, [END], SETTINGS, requests).run(
      () => false,
      () => {},
    );
    assert.deepEqual(
      rows!.map(({ sampleId }) => sampleId),
      requests.map(({ sampleId }) => sampleId),
    );
    for (const { sampleId, tokens, logprobs, ended } of rows!) {
      const expected = Array.from({ length: lengthOf(sampleId) }, (_, at) => tokenOf(sampleId, at));
      assert.deepEqual([...tokens], expected);
      assert.deepEqual(
        [...logprobs],
        expected.map((token) => -token),
      );
      assert.equal(ended, sampleId % 3 === 0 ? 'length' : 'eos');
    }
    assert.ok(card.nSteps < (MAX_TOKENS + 20) * Math.ceil(nRequests / nRows), 'no row stands idle for long');
  });
}

describe('while the card works', () => {
  test('other work goes on, and messages come and go', async () => {
    const card = new CountingCard(4, MAX_TOKENS + 3);
    let [nMeanwhile, nTurns, isOver] = [0, 0, false];
    const batch = new CudaBatch(card.decoder, [END], SETTINGS, requestsOf(4)).run(
      () => false,
      () => nMeanwhile++,
    );
    const others = (async () => {
      for (; !isOver; nTurns++) await turn();
    })();
    await batch;
    isOver = true;
    await others;
    assert.ok(nMeanwhile >= card.nLooks * BUSY_LOOKS, `${nMeanwhile} of ${card.nLooks}`);
    assert.ok(nTurns >= card.nLooks * BUSY_LOOKS, `${nTurns} of ${card.nLooks}`);
  });

  test('what fails beside it fails the batch', async () => {
    const card = new CountingCard(4, MAX_TOKENS + 3);
    const batch = new CudaBatch(card.decoder, [END], SETTINGS, requestsOf(4));
    await assert.rejects(
      batch.run(
        () => false,
        () => {
          throw new Error('wrong');
        },
      ),
      /wrong/,
    );
  });

  test('it can be stopped', async () => {
    const card = new CountingCard(4, MAX_TOKENS + 3);
    const batch = new CudaBatch(card.decoder, [END], SETTINGS, requestsOf(30));
    assert.equal(
      await batch.run(
        () => card.nSteps > 20,
        () => {},
      ),
      null,
    );
    assert.ok(card.nSteps < 40);
  });
});

/** So often it says that it is still at work. */
const BUSY_LOOKS = 3;

/** Memory by address, and a step that picks by the sample's number and how many it has picked. */
class CountingCard {
  nSteps = 0;
  nLooks = 0;
  readonly decoder: SteppedDecoder;
  readonly #memory = new Uint8Array(8 << 20);
  #nBusy = 0;

  constructor(nRows: number, nPositions: number) {
    let free = 256;
    const allocate = (nBytes: number) => {
      free += nBytes + 64 - (nBytes % 64);
      return free - nBytes - 64 + (nBytes % 64);
    };
    const perRow = () => allocate(4 * nRows);
    const perPosition = () => allocate(4 * nRows * nPositions);
    const buffers = {
      ...{ token: perRow(), position: perRow(), remaining: perRow(), samples: allocate(8 * nRows) },
      ...{ prompts: perPosition(), promptLengths: perRow(), temperatures: allocate(8 * nPositions) },
      ...{ seed: allocate(8), picked: perPosition(), logprob: perPosition(), logits: perRow() },
    };
    const ints = (address: number, n: number) => new Int32Array(this.#memory.buffer, address, n);
    const step = () => {
      this.nSteps++;
      for (let row = 0; row < nRows; row++) {
        if (ints(buffers.remaining, nRows)[row] === 0) continue;
        const position = ints(buffers.position, nRows)[row]!++;
        const nPrompt = ints(buffers.promptLengths, nRows)[row]!;
        const nPicked = position - (nPrompt - 1);
        if (nPicked < 0) continue;
        const sample = Number(new BigUint64Array(this.#memory.buffer, buffers.samples, nRows)[row]);
        const token = tokenOf(sample, nPicked);
        const at = row * nPositions + position;
        ints(buffers.picked, nRows * nPositions)[at] = token;
        new Float32Array(this.#memory.buffer, buffers.logprob, nRows * nPositions)[at] = -token;
        if (token === END) ints(buffers.remaining, nRows)[row] = 0;
        else ints(buffers.remaining, nRows)[row]!--;
      }
    };
    const bytesOf = (data: NodeJS.TypedArray) =>
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.decoder = {
      ...{ buffers, size: { nRows, nPositions }, step: 0 as SteppedDecoder['step'] },
      driver: {
        upload: (address, data) => this.#memory.set(bytesOf(data), address),
        download: (data, address) =>
          bytesOf(data).set(this.#memory.subarray(address, address + data.byteLength)),
        run: step,
        isBusy: () => {
          if (++this.#nBusy % BUSY_LOOKS !== 0) return true;
          this.nLooks++;
          return false;
        },
      },
    };
  }
}
