// Weights that no memory here holds are refused with both figures and the way out, before anything is computed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvironmentError } from '../../../server/errors.ts';
import { cudaBytesBeforeRows } from '../../../server/sampling/cuda/choose-rows.ts';
import { countNumbers } from '../../../server/sampling/decoder/decoder-weights.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import {
  bytesHeld,
  chooseHeld,
  floatBytes,
  memoryHere,
} from '../../../server/sampling/run/weights-in-memory.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const { weights, weightBytes } = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
const nNumbers = countNumbers(weights);

function refusal(int8: boolean, here: number): EnvironmentError {
  try {
    chooseHeld(weights, int8, here);
  } catch (error) {
    assert(error instanceof EnvironmentError);
    return error;
  }
  return assert.fail('it was not refused');
}

test('weights are counted by their shapes, and what fits is not refused', () => {
  assert.equal(4 * nNumbers, weightBytes, 'stored in 32 bits');
  assert(memoryHere() > weightBytes);
  chooseHeld(weights, false);
  chooseHeld(weights, false, floatBytes(weights));
  chooseHeld(weights, true, 2 * nNumbers);
});

test('what fits in 8 bits alone is told so', () => {
  const { message, action } = refusal(false, floatBytes(weights) - 1);
  assert.match(message, /take up to \d+\.\d GB in 32 bits.*there are \d+\.\d GB of memory here/);
  assert.match(action ?? '', /--int8/);
});

test('what fits in neither is told of a smaller model or a larger machine', () => {
  for (const int8 of [false, true]) {
    const { action } = refusal(int8, nNumbers - 1);
    assert.match(action ?? '', /smaller model/);
    assert.doesNotMatch(action ?? '', /--int8/);
  }
});

test('weights of 16 bits are held a moment longer than those of 32', async () => {
  const narrow = await openCheckpoint(writeRandomCheckpoint(scratchFolder(), { dtype: 'BF16' }));
  assert.equal(floatBytes(narrow.weights), floatBytes(weights) + nNumbers);
});

test('a model of 1.5 billion in 16 bits goes into 8 GB in 8 bits alone', () => {
  const laptop = 8e9;
  assert(bytesHeld(1.55e9, 'int8') < laptop / 2);
  assert(bytesHeld(1.55e9, 'from-16-bits') > laptop);
});

test('a card needs the weights in 16 bits, and what its driver takes', () => {
  const own = cudaBytesBeforeRows(weights) - 2 * nNumbers;
  assert(own > 1e9 && own < 3e9);
});
