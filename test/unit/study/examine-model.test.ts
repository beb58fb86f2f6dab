// What `verbatim doctor --model` says of a model before its weights are fetched or read.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Execution } from '../../../protocol/study.ts';
import { examineModel } from '../../../server/study/examine-model.ts';
import { startHubServer } from '../../support/hub-server.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;
const execution: Execution = { provider: 'cpu', batch: 'auto', workers: 'auto', fetch: 'missing' };
const llama = writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'llama' } });

const examine = async (model: string) => {
  const findings = await examineModel(model, execution, signal);
  return Object.fromEntries(findings.map((finding) => [finding.name, finding]));
};

test('a folder: files, size, precision, memory and speed, and what the figures are from', async () => {
  const { model, files, precision, memory, speed, verdict } = await examine(llama);
  assert.match(model!.detail, /^llama, .* million parameters, a context of \d+ positions$/);
  assert.match(files!.detail, /^model\.safetensors: 1 MB$/);
  assert.match(precision!.detail, /stored as float32/);
  assert.match(memory!.detail, /about 1 MB on the CPU/);
  assert.match(speed!.detail, /estimated from the speed of a model of 111 million parameters/);
  assert.equal(verdict!.state, 'works');
});

test('what is wrong in headers is the verdict, with the way out', async () => {
  const dir = scratchFolder();
  cpSync(llama, dir, { recursive: true });
  truncateSync(join(dir, 'model.safetensors'), 9000);
  const { verdict } = await examine(dir);
  assert.deepEqual([verdict!.state, verdict!.action], ['refused', 'Download or copy the model again.']);
  assert.match(verdict!.detail, /model\.safetensors is damaged: it ends at byte 9000/);
});

test('weights that no memory here holds are refused with the figure', async () => {
  const dir = scratchFolder();
  cpSync(llama, dir, { recursive: true });
  rmSync(join(dir, 'model.safetensors'));
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
  const huge = { ...config, num_hidden_layers: 5000, hidden_size: 16_384, intermediate_size: 65_536 };
  const files = {
    'config.json': JSON.stringify({
      ...huge,
      num_attention_heads: 128,
      num_key_value_heads: 128,
      head_dim: 128,
    }),
    'tokenizer.json': readFileSync(join(dir, 'tokenizer.json')),
    'model.safetensors': 'not fetched',
  };
  const { verdict, memory } = await onHub(files);
  assert.equal(memory!.state, 'tight');
  assert.match(
    verdict!.detail,
    /its weights take [\d.]+ GB in 32 bits, and there are [\d.]+ (GB|MB) of memory/,
  );
  assert.equal(verdict!.state, 'refused');
});

test('a model of the Hub is described without its weights', async () => {
  const named = (name: string) => readFileSync(join(llama, name));
  const { files, verdict, requests } = await onHub({
    'config.json': named('config.json'),
    'tokenizer.json': named('tokenizer.json'),
    'model.safetensors': named('model.safetensors'),
  });
  assert.match(files!.detail, /^model\.safetensors: 1 MB at commit .* to be fetched into/);
  assert.equal(verdict!.state, 'works');
  assert.ok(requests.every((path) => !path.endsWith('model.safetensors')));
});

test('a model of the Hub that cannot be sampled costs no weights', async () => {
  const { verdict, requests } = await onHub({
    'config.json': '{"model_type": "starry"}',
    'tokenizer.json': readFileSync(join(llama, 'tokenizer.json')),
    'model.safetensors': 'not fetched',
  });
  assert.equal(verdict!.state, 'refused');
  assert.match(verdict!.detail, /the architecture "starry" is not supported/);
  assert.ok(requests.every((path) => !path.endsWith('model.safetensors')));
});

async function onHub(files: Readonly<Record<string, string | Buffer>>) {
  process.env.XDG_CACHE_HOME = scratchFolder();
  const server = await startHubServer({ repositories: { 'models/owner/name': files } });
  after(() => server.close());
  process.env.HF_ENDPOINT = server.endpoint;
  process.env.HF_HOME = scratchFolder();
  const { verdict, memory, files: found } = await examine('hf://owner/name');
  return { verdict, memory, files: found, requests: server.requests.map(({ path }) => path) };
}
