// Models in GGUF files: a file that holds what a checkpoint folder holds samples the same, and whatever is damaged, or
// not known, is named.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../../server/errors.ts';
import { type Checkpoint, openCheckpoint } from '../../../../server/sampling/checkpoint.ts';
import { openSampler } from '../../../../server/sampling/run/open-sampler.ts';
import {
  byteTokenizer,
  randomTensors,
  writeRandomCheckpoint,
} from '../../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';
import { type Entry, encodeGguf, type GgufTensorToWrite } from '../../../support/sampling/write-gguf.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const { rope_scaling: _, ...CONFIG } = TINY_CONFIGS.llama! as Record<string, number> & {
  rope_scaling: unknown;
};
const N_TOKENS = 300;
const METADATA: Readonly<Record<string, Entry>> = {
  'general.architecture': 'llama',
  'general.alignment': 32,
  'llama.block_count': CONFIG.num_hidden_layers!,
  'llama.context_length': CONFIG.max_position_embeddings!,
  'llama.embedding_length': CONFIG.hidden_size!,
  'llama.feed_forward_length': CONFIG.intermediate_size!,
  'llama.attention.head_count': CONFIG.num_attention_heads!,
  'llama.attention.head_count_kv': CONFIG.num_key_value_heads!,
  'llama.attention.key_length': CONFIG.head_dim!,
  'llama.attention.layer_norm_rms_epsilon': 0.000001,
  'llama.rope.freq_base': CONFIG.rope_theta!,
  ...tokenizerMetadata(),
};
const TENSORS = tensorsOf({ ...CONFIG, rms_norm_eps: 0.000001 });

function tokenizerMetadata(): Record<string, Entry> {
  const { model, added_tokens: added } = byteTokenizer(N_TOKENS);
  const tokens = Array.from({ length: N_TOKENS }, (_, id) => `[PAD${id}]`);
  const types = new Array<number>(N_TOKENS).fill(5);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    types[id] = 1;
  }
  for (const { id, content } of added) {
    tokens[id] = content;
    types[id] = 3;
  }
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': types,
    'tokenizer.ggml.merges': model.merges,
    'tokenizer.ggml.bos_token_id': 299,
    'tokenizer.ggml.eos_token_id': 299,
  };
}

/** Tensors like Llama's converter writes them: heads of queries and keys with the values that turn together side by side. */
function tensorsOf(config: object): readonly GgufTensorToWrite[] {
  const names: readonly (readonly [RegExp, string])[] = [
    [/^model\.embed_tokens/, 'token_embd'],
    [/^model\.norm/, 'output_norm'],
    [/^lm_head/, 'output'],
    [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, 'blk.$1.attn_$2'],
    [/^model\.layers\.(\d+)\.self_attn\.o_proj/, 'blk.$1.attn_output'],
    [/^model\.layers\.(\d+)\.input_layernorm/, 'blk.$1.attn_norm'],
    [/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.ffn_norm'],
    [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, 'blk.$1.ffn_$2'],
  ];
  return randomTensors(config, 1).map(({ name, shape, values }) => {
    const [pattern, replacement] = names.find(([one]) => one.test(name))!;
    const turns = /self_attn\.[qk]_proj/.test(name);
    return {
      name: name.replace(pattern, replacement),
      shape,
      values: turns ? interleaved(values, shape) : values,
    };
  });
}

function interleaved(values: Float32Array, [nRows, width]: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  const half = CONFIG.head_dim! / 2;
  for (let row = 0; row < nRows!; row++) {
    const head = Math.floor(row / (2 * half)) * 2 * half;
    const at = row - head;
    const from = head + (at % 2) * half + Math.floor(at / 2);
    out.set(values.subarray(from * width!, (from + 1) * width!), row * width!);
  }
  return out;
}

function write(bytes: Uint8Array, name = 'model.gguf'): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

async function sample(checkpoint: Checkpoint) {
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const rule = { topK: 40, topP: 1, greedy: false };
  const sampler = await openSampler(checkpoint, rule, { kind: 'cached' }, session);
  const settings = { seed: 5, maxTokens: 40, schedule: { kind: 'constant', temperature: 1 } } as const;
  const rows = [[299], [5, 6, 7]].map((prompt, sampleId) => ({ sampleId, prompt }));
  return (await sampler(settings, rows, () => false))!;
}

test('a GGUF file samples what a folder with the same weights samples', async () => {
  const folder = writeRandomCheckpoint(scratchFolder(), {
    config: { ...TINY_CONFIGS.llama, rope_scaling: null, rms_norm_eps: 0.000001 },
  });
  const expected = await sample(await openCheckpoint(folder));
  const path = write(encodeGguf(METADATA, TENSORS));
  for (const model of [path, join(path, '..')]) {
    const checkpoint = await openCheckpoint(model);
    assert.equal(checkpoint.name, 'model');
    assert.equal(checkpoint.tokenBytes.length, N_TOKENS);
    const found = await sample(checkpoint);
    for (const [i, { tokens, logprobs, ended }] of found.entries()) {
      assert.deepEqual([...tokens], [...expected[i]!.tokens]);
      assert.equal(ended, expected[i]!.ended);
      for (const [j, logprob] of logprobs.entries()) {
        assert.ok(Math.abs(logprob - expected[i]!.logprobs[j]!) < 1e-4);
      }
    }
  }
});

test('quantized tensors are unpacked once, and are part of the identity', async () => {
  const packed = TENSORS.map((tensor) =>
    tensor.name === 'blk.0.ffn_up.weight'
      ? { ...tensor, type: 8, values: asQ8(tensor.values as Float32Array) }
      : tensor,
  );
  process.env.XDG_CACHE_HOME = scratchFolder();
  const one = await openCheckpoint(write(encodeGguf(METADATA, packed)));
  const { up } = one.weights.layers[0]!;
  assert.equal(up.weight.type, 'float32');
  assert.notEqual(up.weight.file, one.weights.embedding.file);
  const bytes = readFileSync(up.weight.file);
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  const exact = TENSORS.find(({ name }) => name === 'blk.0.ffn_up.weight')!.values as Float32Array;
  for (const [i, value] of values.entries()) assert.ok(Math.abs(value - exact[i]!) < 0.01);
  const other = await openCheckpoint(write(encodeGguf(METADATA, TENSORS)));
  assert.notEqual(one.digest, other.digest);
  assert.equal((await sample(one)).length, 2);
});

/** Blocks of 32 bytes with one scale. */
function asQ8(values: Float32Array): Uint8Array {
  const out = Buffer.alloc((values.length / 32) * 34);
  for (let block = 0; block * 32 < values.length; block++) {
    const own = values.subarray(block * 32, block * 32 + 32);
    const scale = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    new DataView(out.buffer, out.byteOffset).setFloat16(block * 34, scale, true);
    for (const [i, value] of own.entries()) out.writeInt8(Math.round(value / scale), block * 34 + 2 + i);
  }
  return out;
}

test('what is damaged or not known is named, with the way out', async () => {
  const whole = encodeGguf(METADATA, TENSORS);
  const without = (name: string) => TENSORS.filter((tensor) => tensor.name !== name);
  const changed = (more: Readonly<Record<string, Entry>>) => encodeGguf({ ...METADATA, ...more }, TENSORS);
  const wrongMagic = Buffer.from(whole);
  wrongMagic.write('GGML');
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [whole.subarray(0, whole.length - 100), /it ends at byte \d+, inside /],
    [whole.subarray(0, 500), /is damaged/],
    [wrongMagic, /does not begin like a GGUF file/],
    [changed({ 'general.architecture': 'mamba' }), /the architecture "mamba" is not supported in GGUF files/],
    [changed({ 'llama.expert_count': 8 }), /the key "llama\.expert_count" is unknown/],
    [changed({ 'tokenizer.ggml.pre': 'klingon' }), /cuts texts by the rule "klingon", which is not known/],
    [changed({ 'tokenizer.ggml.model': 'bert' }), /its tokenizer is of the kind "bert"/],
    [changed({ 'llama.embedding_length': 64 }), /token_embd\.weight has the shape \[300, 32\]/],
    [changed({ 'tokenizer.ggml.token_type': [1, 1] }), /300 tokens and 2 types/],
    [encodeGguf(METADATA, without('blk.1.ffn_up.weight')), /blk\.1\.ffn_up\.weight is missing/],
    [
      encodeGguf(METADATA, [...TENSORS, { ...TENSORS[0]!, name: 'blk.0.ffn_gate_inp.weight' }]),
      /ffn_gate_inp\.weight is unknown/,
    ],
    [
      encodeGguf(METADATA, [{ ...TENSORS[0]!, type: 23 }]),
      /quantized in a way that is not read \(ggml's type 23\)/,
    ],
    [encodeGguf(METADATA, [...TENSORS, TENSORS[0]!]), /holds token_embd\.weight twice|is damaged/],
  ];
  for (const [bytes, message] of cases) await assertRefused(write(bytes), message);
});

test('two GGUF files in a folder are a question', async () => {
  const folder = scratchFolder();
  mkdirSync(folder, { recursive: true });
  for (const name of ['a.gguf', 'b.gguf']) writeFileSync(join(folder, name), encodeGguf(METADATA, TENSORS));
  await assertRefused(folder, /holds 2 GGUF files: a\.gguf, b\.gguf/);
});

test('changed bytes are named, and cost no more than the bytes that are there', async () => {
  const whole = encodeGguf(METADATA, TENSORS);
  const header = whole.length - TENSORS.reduce((sum, { values }) => sum + values.byteLength, 0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(header), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const error = await openCheckpoint(write(bytes)).then(
          () => null,
          (cause: unknown) => cause,
        );
        assert.ok(error === null || error instanceof UserError, String((error as Error | null)?.stack));
      },
    ),
    { numRuns: process.env.CI ? 400 : 60 },
  );
});

async function assertRefused(path: string, message: RegExp): Promise<void> {
  await assert.rejects(openCheckpoint(path), (error) => {
    assert.ok(error instanceof UserError && error.action, String((error as Error).stack));
    assert.match(error.message, message);
    return true;
  });
}
