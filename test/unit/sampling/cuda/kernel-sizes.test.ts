// What the kernels for CUDA are compiled for: every flag of a description becomes a number of theirs, and what they do not
// compute is refused by name, before anything is compiled.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvironmentError } from '../../../../server/errors.ts';
import { readingMacros, stepMacros } from '../../../../server/sampling/cuda/kernel-sizes.ts';
import { makeRotation, makeSpec, type SpecChanges } from '../../../support/sampling/make-spec.ts';
import { PLAIN_DECODERS } from '../../../support/sampling/plain-decoders.ts';

const RULE = { topK: 40, topP: 1, greedy: false };

const ROTATED = { scale: 1, window: null };
const REFUSED: readonly (readonly [changes: SpecChanges, message: RegExp])[] = [
  [{ attention: { headWidth: 12 } }, /12 values/],
  [{ attention: { headWidth: 264 } }, /264 values/],
  [{ mlp: { innerWidth: 81 } }, /81 is odd/],
  [
    {
      attention: {
        layers: [
          { ...ROTATED, rotation: makeRotation(8, 'halves') },
          { ...ROTATED, rotation: makeRotation(8, 'neighbours') },
        ],
      },
    },
    /rotate in two ways/,
  ],
];

for (const [changes, message] of REFUSED) {
  test(`the kernels refuse ${JSON.stringify(changes).slice(0, 60)}`, () => {
    assert.throws(
      () => stepMacros(makeSpec(changes), RULE, 8),
      (error) => error instanceof EnvironmentError && message.test(error.message),
    );
  });
}

const usual = stepMacros(makeSpec(), RULE, 8);
const HONOURED: readonly (readonly [changes: SpecChanges, macro: string, value: number])[] = [
  [{ embeddingWidth: 16 }, 'EMBEDDING_WIDTH', 16],
  [{ embeddingScale: 2 }, 'EMBEDDING_SCALE', 2],
  [{ residualScale: 0.5 }, 'RESIDUAL_SCALE', 0.5],
  [{ logits: { scale: 0.5, cap: null } }, 'LOGIT_SCALE', 0.5],
  [{ logits: { scale: 1, cap: 30 } }, 'LOGIT_CAP', 30],
  [{ attention: { scoreCap: 50 } }, 'SCORE_CAP', 50],
  [{ norm: { factor: 'weight-and-one' } }, 'NORM_MORE', 1],
  [{ norm: { epsilon: 1e-3 } }, 'NORM_EPSILON', 1e-3],
];

for (const [changes, macro, value] of HONOURED) {
  test(`and are told ${JSON.stringify(changes)}`, () => {
    const told = stepMacros(makeSpec(changes), RULE, 8);
    assert.equal(Number(told[macro]), value);
    assert.notEqual(Number(usual[macro]), value);
  });
}

test('and are told how a map draws', () => {
  const told = (temperature: number, topK: number) => {
    const { DRAWS, TOP_K, TEMPERATURE } = readingMacros(makeSpec(), { temperature, topK });
    return [DRAWS, TOP_K, Number(TEMPERATURE)];
  };
  assert.deepEqual(told(0.5, 40), [1, 40, 0.5]);
  assert.deepEqual(told(0.5, 1e6), [1, 0, 0.5], 'a cut beyond the vocabulary is none');
  // What follows from the plain numbers is not computed.
  assert.deepEqual(told(1, 0), [0, 0, 1]);
  assert.deepEqual(told(0, 40), [0, 0, 1]);
});

test('and take every other decoder', () => {
  for (const { spec } of Object.values(PLAIN_DECODERS)) {
    assert.equal(stepMacros(spec, RULE, 8).WIDTH, spec.width);
  }
});
