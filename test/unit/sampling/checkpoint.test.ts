// A checkpoint that cannot be used is refused by the file's name and with a way out, before work starts.

import assert from 'node:assert/strict';
import { chmodSync, cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SamplingPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { findArchitecture } from '../../../server/sampling/decoder/architectures/index.ts';
import { ConfigFile } from '../../../server/sampling/decoder/config-file.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { sampleModel } from '../../../server/sampling/sample-model.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIG } from '../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const whole = writeRandomCheckpoint(join(folder, 'whole'));
const MODELS = join(import.meta.dirname, '../../fixtures/models');

type Damage = (dir: string) => void;
interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: number[] };
}

/** Rewrites the safetensors header and keeps the data where it was. */
function editHeader(edit: (header: Header) => void): Damage {
  return (dir) => {
    const path = join(dir, 'model.safetensors');
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const header: Header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    edit(header);
    const text = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([prefix, text, bytes.subarray(8 + length)]));
  };
}

const write =
  (file: string, content: string | Uint8Array): Damage =>
  (dir) =>
    writeFileSync(join(dir, file), content);
const remove =
  (file: string): Damage =>
  (dir) =>
    rmSync(join(dir, file));
const cut =
  (file: string, nBytes: number): Damage =>
  (dir) =>
    writeFileSync(join(dir, file), readFileSync(join(dir, file)).subarray(0, nBytes));
const config = (change: object): Damage =>
  write('config.json', JSON.stringify({ ...TINY_CONFIG, ...change }));
/** Sets one 32-bit word of the data, counted from its end. */
const poison =
  (word: number): Damage =>
  (dir) => {
    const bytes = readFileSync(join(dir, 'model.safetensors'));
    bytes.writeUInt32LE(word, bytes.length - 4);
    writeFileSync(join(dir, 'model.safetensors'), bytes);
  };

const C_FC = 'transformer.h.1.mlp.c_fc.weight';
const DAMAGES: Readonly<Record<string, readonly [Damage, RegExp]>> = {
  'no folder': [(dir) => rmSync(dir, { recursive: true }), /folder .*copy does not exist/],
  'no config': [remove('config.json'), /config\.json cannot be read/],
  'config that is no JSON': [write('config.json', '{'), /config\.json is no JSON/],
  'no tokenizer': [remove('tokenizer.json'), /no tokenizer\.json/],
  'tokenizer that is no JSON': [write('tokenizer.json', 'x'), /tokenizer\.json is no JSON/],
  'tokenizer of another kind': [
    write('tokenizer.json', '{"model":{"type":"WordPiece"}}'),
    /of the kind "WordPiece"/,
  ],
  'no weights': [remove('model.safetensors'), /model\.safetensors does not exist/],
  'weights cut in the length': [cut('model.safetensors', 5), /model\.safetensors is damaged: it has only 5/],
  'weights cut in the header': [cut('model.safetensors', 200), /its header claims/],
  'weights cut in the data': [cut('model.safetensors', 60_000), /it ends at byte 60000, inside/],
  'weights that are text': [
    write('model.safetensors', 'version https://…'.repeat(9)),
    /a pointer of Git LFS/,
  ],
  'offsets that lie': [editHeader((h) => h[C_FC]!.data_offsets.reverse()), /wrong about .*h\.1\.mlp\.c_fc/],
  'offsets behind the end': [
    editHeader((h) => {
      h[C_FC]!.data_offsets = h[C_FC]!.data_offsets.map((offset) => offset + 1e9);
    }),
    /it ends at byte \d+, inside .*h\.1\.mlp\.c_fc/,
  ],
  'a missing weight': [editHeader((h) => delete h[C_FC]), /the weight h\.1\.mlp\.c_fc\.weight is missing/],
  'a misshapen weight': [
    editHeader((h) => h[C_FC]!.shape.reverse()),
    /c_fc\.weight has the shape \[128, 32\], and config\.json asks for \[32, 128\]/,
  ],
  'a NaN': [poison(0x7fc00000), /transformer\.ln_f\.bias cannot be used: it holds NaN/],
  'an infinity': [poison(0xff800000), /holds NaN or infinity/],
  'a vocabulary larger than the embedding': [
    (dir) => {
      const json = JSON.parse(readFileSync(join(dir, 'tokenizer.json'), 'utf8'));
      json.model.vocab.zz = 300;
      writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(json));
    },
    /tokenizer\.json has 301 tokens and the model's embedding 300 rows/,
  ],
  'a tokenizer much smaller than the embedding': [
    (dir) => {
      const tokenizer = readFileSync(join(dir, 'tokenizer.json'));
      writeRandomCheckpoint(dir, { config: { vocab_size: 3000 } });
      writeFileSync(join(dir, 'tokenizer.json'), tokenizer);
    },
    /tokenizer\.json has 300 tokens and the model's embedding 3000 rows/,
  ],
  'a config of another size': [config({ vocab_size: 310 }), /wte\.weight has the shape \[300, 32\]/],
  'another architecture': [config({ model_type: 'mamba' }), /"mamba" is not supported/],
  'no architecture': [config({ model_type: undefined }), /null is not supported/],
  'an unknown activation function': [config({ activation_function: 'mish' }), /"mish" is not supported/],
  'an unknown key': [config({ use_rotary: true }), /"use_rotary" is unknown/],
  'cross attention': [config({ add_cross_attention: true }), /"add_cross_attention": true is not/],
  quantisation: [config({ quantization_config: { bits: 4 } }), /"quantization_config".*not supported/],
  'a key that every object has': [config({ constructor: 1 }), /"constructor" is unknown/],
  'an activation function that every object has': [
    config({ activation_function: 'constructor' }),
    /"constructor" is not supported/,
  ],
  'pruned heads': [config({ pruned_heads: { 0: [1] } }), /"pruned_heads"/],
  'heads that do not divide the width': [config({ n_head: 5 }), /not divisible by "n_head" \(5\)/],
  'a size that is none': [config({ n_layer: '2' }), /"n_layer" is "2"/],
  'an end token outside': [config({ eos_token_id: 300 }), /"eos_token_id" is 300/],
  'a missing untied head': [config({ tie_word_embeddings: false }), /lm_head\.weight is missing/],
  'biases that should not be': [config({ bias: false }), /config\.json says there is no h\.0\.ln_1\.bias/],
  'a broken index': [alone('{"weight_map":{}}'), /index\.json is damaged/],
  'an index that points outside': [
    alone('{"weight_map":{"a":"../whole/model.safetensors"}}'),
    /index\.json is damaged/,
  ],
  'a missing shard': [
    alone('{"weight_map":{"a":"part-2.safetensors"}}'),
    /1 of the 1 files that model\.safetensors\.index\.json lists is missing: part-2\.safetensors/,
  ],
};

/** An index, and no single file beside it. */
function alone(index: string): (dir: string) => void {
  return (dir) => {
    rmSync(join(dir, 'model.safetensors'));
    writeFileSync(join(dir, 'model.safetensors.index.json'), index);
  };
}

describe('refused by name, with a way out', () => {
  for (const [name, [damage, message]] of Object.entries(DAMAGES)) {
    test(name, async () => {
      const dir = join(folder, 'copy');
      cpSync(whole, dir, { recursive: true });
      damage(dir);
      await assert.rejects(openCheckpoint(dir), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.ok(error.action);
        return true;
      });
      rmSync(dir, { recursive: true, force: true });
    });
  }

  test('the supported architectures are listed', () => {
    assert.throws(
      () => findArchitecture(new ConfigFile('config.json', '{"model_type": "mamba"}')),
      (error) =>
        error instanceof UserError &&
        /supported architecture: gpt2, .*llama.*\. .*ONNX/.test(error.action ?? ''),
    );
  });
});

describe('opened', () => {
  test('the digest belongs to the content, not to the place', async () => {
    const copy = join(folder, 'elsewhere');
    cpSync(whole, copy, { recursive: true });
    const [one, two] = await Promise.all([openCheckpoint(whole), openCheckpoint(copy)]);
    assert.equal(one.digest, two.digest);
    assert.match(one.digest, /^[0-9a-f]{64}$/);
    poison(0x3f000000)(copy);
    assert.notEqual((await openCheckpoint(copy)).digest, one.digest);
  });

  test('through links and read-only, as download caches keep models, whole or in shards', async () => {
    for (const name of ['plain', 'sharded']) {
      const blobs = join(folder, `blobs-${name}`);
      cpSync(join(MODELS, name), blobs, { recursive: true });
      const snapshot = join(folder, `snapshot-${name}`);
      cpSync(join(MODELS, name, 'config.json'), join(snapshot, 'config.json'));
      for (const file of ['tokenizer.json', 'model.safetensors', 'model.safetensors.index.json']) {
        symlinkSync(join('..', `blobs-${name}`, file), join(snapshot, file));
      }
      for (const part of [1, 2, 3]) {
        const file = `model-0000${part}-of-00003.safetensors`;
        symlinkSync(join('..', `blobs-${name}`, file), join(snapshot, file));
      }
      chmodSync(snapshot, 0o555);
      assert.deepEqual(await firstTokens(snapshot), await firstTokens(join(MODELS, name)));
      chmodSync(snapshot, 0o755);
    }
  });

  test('with the older tokenizer files, to the same text', async () => {
    assert.deepEqual(
      await firstTokens(join(MODELS, 'older-tokenizer')),
      await firstTokens(join(MODELS, 'plain')),
    );
  });
});

const PLAN: SamplingPlan = {
  ...defaultSampling,
  ...{ nSamples: 2, maxTokens: 8, topK: 9 },
};

async function firstTokens(dir: string): Promise<readonly unknown[]> {
  const request = {
    checkpoint: await openCheckpoint(dir),
    plan: PLAN,
    execution: { provider: 'cpu', batch: 'auto', workers: 1 } as const,
    isDone: () => false,
    signal: new AbortController().signal,
    onEnvironment: () => {},
  };
  const all: unknown[] = [];
  for await (const samples of sampleModel(request))
    all.push(...samples.map(({ tokens, text }) => [tokens, text]));
  return all;
}
