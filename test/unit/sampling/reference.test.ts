// The graph against transformers on the CPU in 32 bits: every option that changes the mathematics.
// test/fixtures/make-references.py makes the models and what they must compute.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/models');
const GREEDY = { topK: 0, topP: 1, greedy: true };
const CACHED = { kind: 'cached' } as const;

interface Reference {
  readonly texts: readonly (readonly number[])[];
  readonly lastLogits: readonly (readonly number[])[];
  readonly logprobs: readonly (readonly number[])[];
  readonly greedy: readonly (readonly number[])[];
}

const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'older-tokenizer')
  .map(({ name }) => name);

describe('models equal transformers', () => {
  test('every case of the script is here', () => assert.equal(cases.length, 118));
  for (const name of cases) {
    test(name, async () => {
      const checkpoint = await openCheckpoint(join(ROOT, name));
      const reference: Reference = JSON.parse(readFileSync(join(ROOT, name, 'reference.json'), 'utf8'));
      const read = await openTeacherForced(checkpoint);
      for (const [i, text] of reference.texts.entries()) {
        const logits = await read(text);
        assertClose(logits.at(-1)!, reference.lastLogits[i]!, 2e-4, 'logit');
        const logprobs = text.slice(1).map((token, at) => logSoftmaxAt(logits[at]!, token));
        assertClose(logprobs, reference.logprobs[i]!, 2e-4, 'log-probability');
      }
      // Both prompts in one batch, though their lengths differ.
      const config = { ...checkpoint.config, eosTokens: [] };
      const sample = await openSampler({ ...checkpoint, config }, GREEDY, CACHED, sessionOf(checkpoint));
      const rows = await sample(
        { seed: 0, maxTokens: 20, schedule: { kind: 'constant', temperature: 0 } },
        reference.texts.map((prompt, sampleId) => ({ sampleId, prompt })),
        () => false,
      );
      assert.deepEqual(
        rows?.map(({ tokens }) => [...tokens]),
        reference.greedy,
      );
    });
  }
});

test('a scale that transformers 4 dropped in its usual attention is none of ours to drop', async () => {
  const folder = join(ROOT, 'inverse-layer-scale');
  const checkpoint = await openCheckpoint(folder);
  const { attention } = checkpoint.config;
  const { scale } = attention.layers[0]!;
  const layers = attention.layers.map((layer) => ({ ...layer, scale }));
  const without = { ...checkpoint, config: { ...checkpoint.config, attention: { ...attention, layers } } };
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const read = await openTeacherForced(without);
  for (const [i, text] of reference.texts.entries()) {
    const dropped: readonly number[] = reference.lastLogitsOfOlderSdpa[i];
    const logits = (await read(text)).at(-1)!;
    assertClose(logits, dropped, 2e-4, 'logit');
    const right: readonly number[] = reference.lastLogits[i];
    assert.ok(right.some((logit, at) => Math.abs(logit - dropped[at]!) > 0.1));
  }
});

const sessionOf = ({ weightFolder }: Checkpoint) => ({ provider: 'cpu', nThreads: 1, weightFolder }) as const;

/** Gives back what reads the logits behind each token of a text. */
async function openTeacherForced(checkpoint: Checkpoint) {
  const width = checkpoint.config.vocabularySize;
  let logits: Float32Array[] = [];
  const onLogits = (heard: Float32Array) => {
    for (let at = 0; at < heard.length; at += width) logits.push(heard.subarray(at, at + width));
  };
  const sample = await openSampler(checkpoint, GREEDY, CACHED, sessionOf(checkpoint), onLogits);
  const settings = { seed: 0, maxTokens: 1, schedule: { kind: 'constant', temperature: 1 } } as const;
  return async (text: readonly number[]): Promise<readonly Float32Array[]> => {
    logits = [];
    await sample(settings, [{ sampleId: 0, prompt: text }], () => false);
    assert.equal(logits.length, text.length);
    return logits;
  };
}

function logSoftmaxAt(logits: Float32Array, token: number): number {
  const highest = Math.max(...logits);
  return logits[token]! - highest - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - highest), 0));
}

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference <= tolerance, `${what} ${i} is ${actual[i]} and should be ${expected[i]}`);
  }
}
