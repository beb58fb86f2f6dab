// Models in GGUF files: a file that holds what a checkpoint folder holds samples the same, and whatever is damaged, or
// not known, is named.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../../server/errors.ts';
import { type Checkpoint, openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { openSampler } from '../../../../server/sampling/run/open-sampler.ts';
import { inCi } from '../../../support/in-ci.ts';
import { encodeModel, GGUF_MODELS } from '../../../support/sampling/family-gguf.ts';
import { tokenizerMetadata } from '../../../support/sampling/llama-gguf.ts';
import { writeRandomCheckpoint } from '../../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';
import { METADATA, N_TOKENS, TENSORS } from '../../../support/sampling/tiny-gguf.ts';
import { type Entry, encodeGguf } from '../../../support/sampling/write-gguf.ts';
import { scratchFolder } from '../../../support/scratch.ts';

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

for (const [name, model] of Object.entries(GGUF_MODELS)) {
  test(`a file samples what its folder samples: ${name}`, async () => {
    const folder = writeRandomCheckpoint(scratchFolder(), { config: model.config });
    const expected = await sample(await openCheckpoint(folder));
    const found = await sample(await openCheckpoint(write(encodeModel(model))));
    for (const [i, { tokens, logprobs }] of found.entries()) {
      assert.deepEqual([...tokens], [...expected[i]!.tokens]);
      for (const [j, logprob] of logprobs.entries()) {
        assert.ok(Math.abs(logprob - expected[i]!.logprobs[j]!) < 1e-4, `token ${j}`);
      }
    }
  });
}

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
  const ENDS = { 'tokenizer.ggml.bos_token_id': 299, 'tokenizer.ggml.eos_token_id': 299 };
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
    [changed({ ...tokenizerMetadata(302), ...ENDS }), /has 302 tokens and the model's embedding 300 rows/],
    [changed({ 'llama.rope.dimension_count': 8 }), /"llama\.rope\.dimension_count" is 8, and .* 16 values/],
    [changed({ 'llama.rope.scaling.yarn_attn_factor': 1.5 }), /yarn_attn_factor": 1\.5 is not supported/],
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

test('tensors that lie over each other are refused before anything is unpacked', async () => {
  const [first, ...rest] = TENSORS;
  const bytes = encodeGguf(METADATA, [first!, { ...rest[0]!, name: 'token_emb2.weight' }, ...rest.slice(1)]);
  // The second one's place, behind its name, its axes and its type.
  const at = bytes.indexOf('token_emb2.weight') + 'token_emb2.weight'.length;
  const nAxes = bytes.readUInt32LE(at);
  bytes.writeBigUInt64LE(0n, at + 4 + 8 * nAxes + 4);
  await assertRefused(write(bytes), /lies over another tensor/);
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
    { numRuns: inCi ? 400 : 60 },
  );
});

async function assertRefused(path: string, message: RegExp): Promise<void> {
  await assert.rejects(openCheckpoint(path), (error) => {
    assert.ok(error instanceof UserError && error.action, String((error as Error).stack));
    assert.match(error.message, message);
    return true;
  });
}
