// What `verbatim doctor --model` says of a model before its weights are fetched or read.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Execution } from '../../../protocol/study.ts';
import { examineModel, type ModelFinding } from '../../../server/study/examine-model.ts';
import { type Fault, type HubServer, startHubServer } from '../../support/hub-server.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { METADATA, TENSORS } from '../../support/sampling/tiny-gguf.ts';
import { encodeGguf } from '../../support/sampling/write-gguf.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;
const execution: Execution = { provider: 'cpu', batch: 'auto', workers: 'auto', fetch: 'missing' };
const llama = writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'llama' } });

const examine = async (model: string): Promise<Findings> => {
  const findings = await examineModel(model, execution, signal);
  return Object.fromEntries(findings.map((finding) => [finding.name, finding]));
};

test('a folder: files, size, precision, memory and speed, and what the figures are from', async () => {
  const { model, files, precision, memory, speed, verdict } = await examine(llama);
  assert.match(model!.detail, /^llama, .* million parameters, a context of \d+ positions$/);
  assert.match(files!.detail, /^model\.safetensors: 1 MB$/);
  assert.match(precision!.detail, /stored as float32/);
  assert.match(memory!.detail, /up to 1 MB on the CPU/);
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
    /its weights take up to [\d.]+ GB in 32 bits, and there are [\d.]+ (GB|MB) of memory/,
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
  assert.ok(requests.every(({ path }) => !path.endsWith('model.safetensors')));
});

test('a model of the Hub that cannot be sampled costs no weights', async () => {
  const { verdict, requests } = await onHub({
    'config.json': '{"model_type": "starry"}',
    'tokenizer.json': readFileSync(join(llama, 'tokenizer.json')),
    'model.safetensors': 'not fetched',
  });
  assert.equal(verdict!.state, 'refused');
  assert.match(verdict!.detail, /the architecture "starry" is not supported/);
  assert.ok(requests.every(({ path }) => !path.endsWith('model.safetensors')));
});

const NOTE_BYTES = 5 << 20;
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(NOTE_BYTES)]);

test('a GGUF file of the Hub is described by its start, without its weights', async () => {
  const whole = padded(encodeGguf(METADATA, TENSORS));
  const { model, precision, memory, speed, verdict, requests, kept } = await onHub({ 'tiny.gguf': whole });
  assert.match(model!.detail, /^llama, .* parameters, a context of 96 positions$/);
  assert.match(precision!.detail, /^from the GGUF file, stored as F32;/);
  assert.match(memory!.detail, /up to 1 MB on the CPU/);
  assert.match(speed!.detail, /tokens a second/);
  assert.equal(verdict!.state, 'works');
  const asked = requests.filter(({ path }) => path.endsWith('.gguf'));
  assert.deepEqual([...new Set(asked.map(({ range }) => range))], ['bytes=0-4194303']);
  assert.deepEqual(kept, []);
});

test('as much of it is asked for as its tokens take, from a server without ranges as well', async () => {
  const metadata = { ...METADATA, 'general.description': 'x'.repeat(NOTE_BYTES) };
  for (const faults of [[], [{ path: '.gguf', times: 9, kind: 'no-range' }]] as const) {
    const { verdict, requests } = await onHub({ 'tiny.gguf': padded(encodeGguf(metadata, TENSORS)) }, faults);
    assert.equal(verdict!.state, 'works');
    const ranges = new Set(requests.flatMap(({ range }) => range ?? []));
    assert.deepEqual([...ranges], ['bytes=0-4194303', 'bytes=0-8388607']);
  }
});

test('what is wrong in a GGUF file of the Hub is the verdict, by its name there', async () => {
  const unknown = { ...METADATA, 'general.architecture': 'mamba' };
  const cut = encodeGguf(METADATA, TENSORS);
  const cases = [
    [encodeGguf(unknown, TENSORS), /owner\/name\/tiny\.gguf: the architecture "mamba" is not supported/],
    [cut.subarray(0, cut.length - 100), /owner\/name\/tiny\.gguf is damaged: it ends at byte \d+, inside /],
    [cut.subarray(0, 500), /owner\/name\/tiny\.gguf is damaged/],
  ] as const;
  for (const [bytes, message] of cases) {
    const { verdict } = await onHub({ 'tiny.gguf': bytes });
    assert.equal(verdict!.state, 'refused');
    assert.match(verdict!.detail, message);
  }
});

type Findings = Readonly<Partial<Record<ModelFinding['name'], ModelFinding>>>;
interface OnHub extends Findings {
  readonly requests: HubServer['requests'];
  /** Files that are in the cache afterwards. */
  readonly kept: readonly string[];
}

async function onHub(
  files: Readonly<Record<string, string | Buffer>>,
  faults: readonly Fault[] = [],
): Promise<OnHub> {
  process.env.XDG_CACHE_HOME = scratchFolder();
  const server = await startHubServer({ repositories: { 'models/owner/name': files } });
  after(() => server.close());
  process.env.HF_ENDPOINT = server.endpoint;
  server.faults.push(...faults.map((fault) => ({ ...fault })));
  const home = scratchFolder();
  process.env.HF_HOME = home;
  const found = await examine('hf://owner/name');
  const kept = readdirSync(home, { recursive: true, encoding: 'utf8' });
  return Object.assign(found, {
    requests: server.requests,
    kept: kept.filter((path) => path.includes('blobs')),
  });
}
