// A proof that goes on beside a batch: nothing is given away before it is over, and one that failed stays failed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proof } from '../../../../server/sampling/cuda/check-operation.ts';
import { RunningProof } from '../../../../server/sampling/cuda/running-proof.ts';
import { WrongDevice } from '../../../../server/sampling/cuda/wrong-device.ts';

function* stepsOf(n: number, proof: Proof, done: number[]): Generator<void, Proof> {
  for (let i = 0; i < n; i++) {
    done.push(i);
    yield;
  }
  return proof;
}

test('the card’s part is done at once, the rest as it is asked for', () => {
  const done: number[] = [];
  const proof = new RunningProof(stepsOf(3, { wrong: null, worst: 0.25 }, done));
  assert.deepEqual(done, [0]);
  proof.advance();
  assert.deepEqual(done, [0, 1]);
  assert.equal(proof.finish(), 0.25);
  assert.deepEqual(done, [0, 1, 2]);
  proof.advance();
  assert.equal(proof.finish(), 0.25);
});

test('what is wrong is told to everybody who asks, then and later', () => {
  const proof = new RunningProof(stepsOf(2, { wrong: 'pick: there is no token 9', worst: 1 }, []));
  proof.advance();
  for (let i = 0; i < 3; i++) {
    for (const ask of [() => proof.advance(), () => proof.finish()]) {
      assert.throws(
        ask,
        (error) => error instanceof WrongDevice && /there is no token 9/.test(error.message),
      );
    }
  }
});

test('and to whoever begins it, where the card’s part shows it', () => {
  assert.throws(() => new RunningProof(stepsOf(0, { wrong: 'embed', worst: 1 }, [])), WrongDevice);
});
