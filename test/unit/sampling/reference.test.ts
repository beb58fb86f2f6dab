// The graph against transformers on the CPU in 32 bits: every option that changes the mathematics.
// test/fixtures/make-references.py makes the models and what they must compute.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { generateBatch } from '../../../server/sampling/forms/cached/generate-batch.ts';
import { buildGenerationGraph } from '../../../server/sampling/forms/cached/generation-graph.ts';
import { KeyValueCache } from '../../../server/sampling/forms/cached/key-value-cache.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/models');
const GREEDY = { topK: 0, topP: 1, greedy: true };

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
  test('every case of the script is here', () => assert.equal(cases.length, 19));
  for (const name of cases) {
    test(name, async () => {
      const checkpoint = await openCheckpoint(join(ROOT, name));
      const reference: Reference = JSON.parse(readFileSync(join(ROOT, name, 'reference.json'), 'utf8'));
      for (const [i, text] of reference.texts.entries()) {
        const logits = await teacherForcedLogits(checkpoint, text);
        assertClose(logits.at(-1)!, reference.lastLogits[i]!, 2e-4, 'logit');
        const logprobs = text.slice(1).map((token, at) => logSoftmaxAt(logits[at]!, token));
        assertClose(logprobs, reference.logprobs[i]!, 2e-4, 'log-probability');
      }
      // Both prompts in one batch, though their lengths differ.
      const config = { ...checkpoint.config, eosTokens: [] };
      const session = await openSession(buildGenerationGraph({ ...checkpoint, config }, GREEDY), {
        ...checkpoint,
        provider: 'cpu',
        nThreads: 1,
      });
      const rows = await generateBatch(
        session,
        { config, seed: 0, maxTokens: 20, schedule: { kind: 'constant', temperature: 0 } },
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

async function teacherForcedLogits(checkpoint: Checkpoint, text: readonly number[]): Promise<Float32Array[]> {
  const graph = buildGenerationGraph(checkpoint, GREEDY, 'tokens-and-logits');
  const session = await openSession(graph, { ...checkpoint, provider: 'cpu', nThreads: 1 });
  const nSteps = text.length;
  const { logits } = await session.run({
    token: new Tensor('int32', Int32Array.of(text[0]!), [1]),
    forced: new Tensor('int32', Int32Array.from([...text.slice(1), -1]), [nSteps, 1]),
    uniform: new Tensor('float64', new Float64Array(nSteps), [nSteps, 1, 1]),
    temperature: new Tensor('float64', new Float64Array(nSteps), [nSteps, 1, 1]),
    position: new Tensor('int64', BigInt64Array.of(0n), [1]),
    remaining: new Tensor('int32', Int32Array.of(1), [1]),
    ...new KeyValueCache(checkpoint.config, 1, text.length).inputs(),
  });
  const all = logits!.data as Float32Array;
  const width = checkpoint.config.vocabularySize;
  return Array.from({ length: nSteps }, (_, i) => all.subarray(i * width, (i + 1) * width));
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
