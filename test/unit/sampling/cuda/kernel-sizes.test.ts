// What the kernels for CUDA do not compute is refused by name, before anything is compiled for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvironmentError } from '../../../../server/errors.ts';
import { kernelMacros } from '../../../../server/sampling/cuda/kernel-sizes.ts';
import { makeSinusoids } from '../../../../server/sampling/decoder/sinusoids.ts';
import { makeSpec, type SpecChanges } from '../../../support/sampling/make-spec.ts';

const RULE = { topK: 40, topP: 1, greedy: false };

const REFUSED: readonly (readonly [changes: SpecChanges, message: RegExp])[] = [
  [{ embeddingWidth: 16 }, /narrower/],
  [{ embeddingScale: 2 }, /embeddings are scaled/],
  [{ positions: makeSinusoids(32, 2) }, /sinusoids/],
  [{ residual: 'norm-around' }, /norm-around/],
  [{ residual: 'norm-of-sum' }, /norm-of-sum/],
  [{ lastNorm: 'none' }, /no last norm/],
  [{ residualScale: 0.5 }, /sums are scaled/],
  [{ logits: { scale: 0.5, cap: null } }, /logits/],
  [{ logits: { scale: 1, cap: 30 } }, /logits/],
  [{ attention: { scoreCap: 50 } }, /scores have a cap/],
  [{ norm: { factor: 'weight-and-one' } }, /one more than their weights/],
];

for (const [changes, message] of REFUSED) {
  test(`the kernels refuse ${JSON.stringify(changes).slice(0, 60)}`, () => {
    assert.throws(
      () => kernelMacros(makeSpec(changes), RULE, 8),
      (error) => error instanceof EnvironmentError && message.test(error.message),
    );
  });
}

test('and take what they know', () => {
  assert.equal(kernelMacros(makeSpec(), RULE, 8).WIDTH, 32);
});
