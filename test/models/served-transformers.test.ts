// A real server: `transformers serve`, with the demo's model. Greedy samples are those of our own sampler, and others are drawn and cut as a
// plan says. Run by `npm run test:models` where a Python has torch and transformers[serving]: torch takes gigabytes, and is not fetched for this.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SamplingPlan } from '../../protocol/study.ts';
import { UserError } from '../../server/errors.ts';
import { defaultSampling } from '../../server/plan/plan.ts';
import { openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { openSampler } from '../../server/sampling/run/open-sampler.ts';
import { createEncoder } from '../../server/sampling/tokenizer/encode-text.ts';
import { decodeTokens } from '../../server/sampling/tokenizer/token-bytes.ts';
import type { ProbedServer } from '../../server/served/probe-server.ts';
import { type ServedSample, sampleServed } from '../../server/served/sample-served.ts';
import { demoModel } from '../support/cli.ts';

const PYTHON = process.env.VERBATIM_TEST_PYTHON ?? 'python3';
const START_LIMIT_MS = 120_000;
const PROMPTS = ['function ', 'import { ', '/** The '];
const N_TOKENS = 12;

test('transformers serves what our own sampler makes of the same weights, and samples as it is asked', async (t) => {
  if (!hasPackages())
    return t.skip('needs a Python with torch and transformers[serving]: VERBATIM_TEST_PYTHON');
  const address = await start();
  const greedy = await sample(address, { temperature: 0, topK: 0, nSamples: PROMPTS.length });
  assert.deepEqual(
    greedy.samples.map(({ text }) => text),
    await ownGreedy(),
  );
  assert(greedy.samples.every(({ tokens, nTokens }) => tokens === null && nTokens === N_TOKENS));
  assert.equal(greedy.server.dialect.cuts, 'configuration');
  for (const { fact, value } of greedy.server.facts) t.diagnostic(`${fact}: ${value}`);

  const cut = await sample(address, { temperature: 1, topK: 1, nSamples: PROMPTS.length });
  assert.deepEqual(cut.samples, greedy.samples, 'of one token, the likeliest is drawn');

  const drawn = await sample(address, { temperature: 1, topK: 50, nSamples: 6 }, 1);
  const again = await sample(address, { temperature: 1, topK: 50, nSamples: 6 }, 1);
  assert(new Set(drawn.samples.map(({ text }) => text)).size > 3);
  assert.deepEqual(again.samples, drawn.samples, 'one at a time, its seeds repeat a sample');
  const several = await sample(address, { temperature: 1, topK: 50, nSamples: 6 }, 4);
  assert.match(several.server.notes.join(' '), /does not repeat a sample by its seed, at least while/);

  const ids = sample(address, { topK: 50, nSamples: 1, prompts: [{ tokens: [5, 6] }] });
  await assert.rejects(
    ids,
    (error) => error instanceof UserError && /prompt must be a string/.test(error.message),
  );
  return undefined;
});

async function sample(address: string, plan: Partial<SamplingPlan>, batch: number | 'auto' = 'auto') {
  const samples: ServedSample[] = [];
  let server: ProbedServer | undefined;
  const batches = sampleServed({
    access: { address, key: null, patience: { signal: new AbortController().signal } },
    source: { kind: 'served', model: address, servedName: demoModel, start: '' },
    plan: { ...defaultSampling, strategy: 'pcg', prompts: PROMPTS, maxTokens: N_TOKENS, ...plan },
    batch,
    isDone: () => false,
    onServer: (found) => {
      server = found;
    },
    onConcurrency: () => {},
  });
  for await (const made of batches) samples.push(...made);
  return { samples: samples.sort((a, b) => a.sampleId - b.sampleId), server: server! };
}

async function ownGreedy(): Promise<readonly string[]> {
  const checkpoint = await openCheckpoint(demoModel);
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  const session = { provider: 'cpu', nThreads: 2, weightFolder: checkpoint.weightFolder } as const;
  const rule = { topK: 1, topP: 1, greedy: true };
  const sampler = await openSampler(checkpoint, rule, { kind: 'cached' }, session);
  const settings = { seed: 0, maxTokens: N_TOKENS, schedule: { kind: 'constant', temperature: 0 } } as const;
  const rows = PROMPTS.map((prompt, sampleId) => ({ sampleId, prompt: [...encode(Buffer.from(prompt))] }));
  const made = (await sampler(settings, rows, () => false))!;
  return made.map(({ tokens }) => Buffer.from(decodeTokens(checkpoint.tokenBytes, tokens)).toString());
}

const hasPackages = () =>
  spawnSync(PYTHON, ['-c', 'import torch, transformers, fastapi, uvicorn, openai'], { stdio: 'ignore' })
    .status === 0;

async function start(): Promise<string> {
  const port = await freePort();
  const serve = 'from transformers.cli.transformers import main; main()';
  const child: ChildProcess = spawn(
    PYTHON,
    ['-c', serve, 'serve', demoModel, '--device', 'cpu', '--host', '127.0.0.1', '--port', String(port)],
    { stdio: 'ignore', env: { ...process.env, HF_HUB_OFFLINE: '1' } },
  );
  after(() => child.kill());
  for (const giveUpAt = performance.now() + START_LIMIT_MS; performance.now() < giveUpAt; ) {
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.ok) return `http://127.0.0.1:${port}/v1`;
    await sleep(200);
  }
  throw new Error('The server did not start');
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
