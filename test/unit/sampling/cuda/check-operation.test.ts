// How an operation of a card is checked: by what its rows held before and after it, wherever they lie.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OperationChecks } from '../../../../server/sampling/cuda/check-operation.ts';
import type { CudaDriver } from '../../../../server/sampling/cuda/cuda-driver.ts';
import type { Operation } from '../../../../server/sampling/cuda/operation.ts';

const WIDTH = 3;
const FROM = { address: 0, type: 'float32', width: WIDTH } as const;
const TO = { address: 1024, type: 'float32', width: WIDTH } as const;

/** Twice each value of 0 to 5, into another buffer, or added to what is there; `wrongRow` is off by one. */
function makeCard(adds: boolean, wrongRow = -1) {
  const memory = new Uint8Array(4096);
  const rowsOf = ({ address }: typeof FROM | typeof TO) =>
    new Float32Array(memory.buffer, address, 6 * WIDTH);
  rowsOf(FROM).set(Array.from({ length: 6 * WIDTH }, (_, i) => i + 1));
  rowsOf(TO).fill(100);
  let nCopies = 0;
  const driver = {
    download: (data: Float32Array, address: number) => {
      nCopies++;
      data.set(new Float32Array(memory.buffer, address, data.length));
    },
  } as unknown as CudaDriver;
  const operation = {
    name: 'double',
    facts: { kind: 'product', from: FROM, to: TO, adds, parts: [], isActivated: false },
    ask: () => {
      for (const [i, value] of rowsOf(FROM).entries()) {
        const twice = 2 * value + (Math.floor(i / WIDTH) === wrongRow ? 1 : 0);
        rowsOf(TO)[i] = adds ? rowsOf(TO)[i]! + twice : twice;
      }
    },
  } as unknown as Operation;
  return { checks: new OperationChecks(driver), operation, nCopies: () => nCopies };
}

const rowsAt = (places: readonly number[]) => places.map((at) => ({ at, from: at, position: 0, token: at }));
const twice = (input: readonly number[]) => new Map(input.map((value, at) => [at, 2 * value]));

for (const adds of [false, true]) {
  for (const places of [
    [0, 1, 2, 3],
    [5, 1, 4],
  ]) {
    test(`rows ${places} of an operation that ${adds ? 'adds' : 'writes'}`, () => {
      const { checks, operation } = makeCard(adds);
      const seen: number[] = [];
      const wrong = checks.check(operation, rowsAt(places), (_, { at }, input) => {
        seen.push(at);
        assert.deepEqual(
          input,
          [1, 2, 3].map((i) => at * WIDTH + i),
        );
        return twice(input);
      });
      assert.equal(wrong, null);
      assert.deepEqual(seen, places);
      assert.equal(checks.worst, 0);
    });
  }

  test(`one row that is wrong, where it ${adds ? 'adds' : 'writes'}`, () => {
    const { checks, operation } = makeCard(adds, 2);
    const wrong = checks.check(operation, rowsAt([0, 1, 2, 3]), (_, __, input) => twice(input));
    assert.match(wrong!, /^double: it is off by/);
  });
}

test('what was seen can be compared when the card has gone on', () => {
  const { checks, operation, nCopies } = makeCard(true);
  const seen = checks.watch(operation, rowsAt([0, 1, 2, 3]))!;
  assert.equal(nCopies(), 3, 'rows that lie behind each other are copied together');
  operation.ask();
  assert.equal(
    checks.compare(seen, (_, __, input) => twice(input)),
    null,
  );
});
