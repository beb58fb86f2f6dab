// Checkpoints as programs leave them, beside what the documentation of their formats says: read as transformers reads
// them, or refused for what they are.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { outlineModel } from '../../../server/sampling/model/model-outline.ts';
import {
  encodeSafetensors,
  type NamedTensor,
  randomTensors,
  writeRandomCheckpoint,
} from '../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIG } from '../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../support/scratch.ts';

const TENSORS = randomTensors(TINY_CONFIG, 1);

/** A folder whose weights are others, or called otherwise. */
function write(tensors: readonly NamedTensor[] = TENSORS): string {
  const dir = writeRandomCheckpoint(scratchFolder());
  writeFileSync(join(dir, 'model.safetensors'), encodeSafetensors(tensors, 'F32'));
  return dir;
}

const change = (dir: string, name: string, edit: (json: Record<string, unknown>) => object) => {
  const path = join(dir, name);
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')))));
};

for (const wrapper of ['module.', '_orig_mod.', 'module._orig_mod.']) {
  test(`names that a wrapper for training put ${wrapper} before`, async () => {
    const dir = write(TENSORS.map((tensor) => ({ ...tensor, name: wrapper + tensor.name })));
    assert.equal((await openCheckpoint(dir)).weights.embedding.bareName, 'wte.weight');
  });
}

test('a tied pair of which only the head was saved', async () => {
  const dir = write(
    TENSORS.map((tensor) =>
      tensor.name === 'transformer.wte.weight' ? { ...tensor, name: 'lm_head.weight' } : tensor,
    ),
  );
  const { weights } = await openCheckpoint(dir);
  assert.equal(weights.embedding.name, 'lm_head.weight');
  assert.equal(weights.head.weight.name, 'lm_head.weight');
});

test('one file beside the index of an earlier save', async () => {
  const dir = write();
  const map = { 'transformer.wte.weight': 'model-00001-of-00002.safetensors' };
  writeFileSync(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  assert.match((await openCheckpoint(dir)).weights.embedding.file, /model\.safetensors$/);
});

test('a token for padding that the model never got a row for', async () => {
  const dir = write();
  const padding = { id: TINY_CONFIG.vocab_size, content: '[PAD]', special: true };
  change(dir, 'tokenizer.json', (json) => ({
    ...json,
    added_tokens: [...(json.added_tokens as object[]), padding],
  }));
  const { tokenBytes, config } = await openCheckpoint(dir);
  assert.equal(tokenBytes.length, config.vocabularySize);
});

test('a pointer of Git LFS is named as one', async () => {
  const dir = write();
  writeFileSync(
    join(dir, 'model.safetensors'),
    'version https://git-lfs.github.com/spec/v1\noid sha256:ab\n',
  );
  await assert.rejects(openCheckpoint(dir), /is a pointer of Git LFS/);
});

test('the tokenizer names the beginning where config.json means no token, and the study is told', async () => {
  const dir = write();
  change(dir, 'config.json', (json) => ({ ...json, bos_token_id: 50_256, eos_token_id: 50_256 }));
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ bos_token: '<|endoftext|>', eos_token: { content: '<|endoftext|>' } }),
  );
  const { config, facts } = await openCheckpoint(dir);
  assert.deepEqual([config.bosToken, config.eosTokens], [299, [299]]);
  assert.deepEqual(facts[0], {
    fact: 'end tokens',
    value: '299',
    source: 'tokenizer_config.json',
    passedOver: ['config.json says 50256'],
  });
});

test('a list of ends in generation_config.json goes first, and is part of the identity', async () => {
  const dir = write();
  const { digest } = await openCheckpoint(dir);
  const ends = { _from_model_config: true, bos_token_id: 299, eos_token_id: [299, 7] };
  writeFileSync(join(dir, 'generation_config.json'), JSON.stringify(ends));
  const opened = await openCheckpoint(dir);
  assert.deepEqual(opened.config.eosTokens, [299, 7]);
  assert.notEqual(opened.digest, digest);
});

test('what is known of a model stands in one place, each with the source that won and what others say', async () => {
  const dir = write();
  const map = { 'transformer.wte.weight': 'model-00001-of-00002.safetensors' };
  writeFileSync(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  writeFileSync(join(dir, 'tokenizer.model'), '');
  change(dir, 'config.json', (json) => ({ ...json, dtype: 'bfloat16' }));
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ bos_token: '<|endoftext|>', add_bos_token: true, model_max_length: 77 }),
  );
  writeFileSync(join(dir, 'generation_config.json'), JSON.stringify({ temperature: 0.7, eos_token_id: 7 }));
  const { facts, config } = await openCheckpoint(dir);
  const told = facts.map(({ fact, value, source, passedOver }) => [fact, value, source, ...passedOver]);
  const other = 'tokenizer.json says nothing';
  assert.deepEqual(told, [
    ['end tokens', '7', 'generation_config.json', 'config.json says 299'],
    ['beginning token', '299', 'tokenizer_config.json'],
    ['what is sampled', 'weights', 'model.safetensors', 'model.safetensors.index.json is there, too'],
    ['architecture', 'gpt2', 'config.json'],
    ['precision', 'float32', 'the weights', 'config.json says bfloat16'],
    ['head', 'tied to the embedding', 'the weights'],
    ['context', `${config.nPositions} positions`, 'config.json', 'tokenizer_config.json says 77'],
    ['vocabulary', '300 rows', 'the weights'],
    ['tokenizer', 'BPE with 300 tokens', 'tokenizer.json', 'tokenizer.model is there, too'],
    ['around prompts', '299 before', 'tokenizer_config.json', other],
    ['how tokens are drawn', 'by the plan', 'the plan', 'generation_config.json says temperature 0.7'],
  ]);
  // An outline knows them, too, before the model is opened.
  assert.deepEqual((await outlineModel(dir, 'here')).facts, facts);
});

test('everything that decides samples is part of the identity, and nothing else is', async () => {
  const dir = write();
  const { digest } = await openCheckpoint(dir);
  const digestWith = async (name: string, content: string | Buffer) => {
    const path = join(dir, name);
    const before = readFileSync(path, { flag: 'a+' });
    writeFileSync(path, content);
    const changed = (await openCheckpoint(dir)).digest;
    if (before.length > 0) writeFileSync(path, before);
    else rmSync(path);
    return changed;
  };
  const edited = (name: string, from: RegExp, to: string) => {
    const text = readFileSync(join(dir, name), 'utf8');
    assert.match(text, from);
    return text.replace(from, to);
  };
  const tokenizer = { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>' };
  const weights = readFileSync(join(dir, 'model.safetensors'));
  weights[weights.length - 1]! ^= 1;
  for (const [name, content] of [
    ['model.safetensors', weights],
    [
      'config.json',
      edited('config.json', /"layer_norm_epsilon":[^,}]*|"n_layer"/, '"initializer_range":1,$&'),
    ],
    ['tokenizer.json', edited('tokenizer.json', /"merges":\s*\[/, '"merges":["a b",')],
    ['tokenizer_config.json', JSON.stringify({ ...tokenizer, add_bos_token: true })],
    ['tokenizer_config.json', JSON.stringify({ added_tokens_decoder: { 300: { content: '<pad>' } } })],
    ['generation_config.json', '{"eos_token_id": 7}'],
    ['generation_config.json', '{"bos_token_id": 7}'],
  ] as const) {
    assert.notEqual(await digestWith(name, content), digest, name);
  }
  for (const [name, content] of [
    ['README.md', '# Model'],
    ['tokenizer_config.json', JSON.stringify(tokenizer)],
    ['generation_config.json', '{"temperature": 0.2}'],
  ] as const) {
    assert.equal(await digestWith(name, content), digest, name);
  }
});

test('weights in 64 bits are rounded to 32, from either form of file', async () => {
  process.env.XDG_CACHE_HOME = scratchFolder();
  const dir = write();
  const same = await openCheckpoint(dir);
  const wide = writeRandomCheckpoint(scratchFolder());
  writeFileSync(join(wide, 'model.safetensors'), encodeSafetensors(TENSORS, 'F64'));
  const { weights, digest } = await openCheckpoint(wide);
  assert.equal(weights.embedding.type, 'float32');
  assert.equal(digest, same.digest);
});

test('JSON as Python writes it: behind a byte order mark, with numbers that are none', async () => {
  const dir = write();
  const path = join(dir, 'config.json');
  const text = readFileSync(path, 'utf8');
  const more = '{"_name_or_path": "NaN", "transformers_version": NaN, ';
  writeFileSync(path, `\ufeff${text.replace('{', more)}`);
  assert.equal((await openCheckpoint(dir)).config.vocabularySize, 300);
});

describe('refused for what is there', () => {
  const quantised: NamedTensor = {
    name: 'transformer.h.0.attn.c_attn.qweight',
    shape: [1],
    values: new Float32Array(1),
  };
  const without = TENSORS.filter(({ name }) => !name.endsWith('h.0.attn.c_attn.weight'));

  test('a weight that is packed by somebody else', async () => {
    const dir = write([...without, quantised]);
    await assert.rejects(openCheckpoint(dir), /weights that are quantised \(the tensor .*qweight\)/);
    writeFileSync(join(dir, 'quantize_config.json'), '{"bits": 4}');
    await assert.rejects(openCheckpoint(dir), /quantised by GPTQ to 4 bits \(quantize_config\.json/);
    change(dir, 'config.json', (json) => ({ ...json, quantization_config: { quant_method: 'awq' } }));
    await assert.rejects(openCheckpoint(dir), /quantised by awq, which is not supported/);
  });

  test('a weight of a type that is not read', async () => {
    const dir = write();
    const path = join(dir, 'model.safetensors');
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    header['transformer.wte.weight'].dtype = 'I32';
    bytes.write(JSON.stringify(header).padEnd(length), 8);
    writeFileSync(path, bytes);
    await assert.rejects(openCheckpoint(dir), /transformer\.wte\.weight is stored as I32/);
  });

  for (const form of ['model.safetensors', 'pytorch_model.bin']) {
    test(`shards of ${form} that are missing, and the download that was interrupted`, async () => {
      const dir = writeRandomCheckpoint(scratchFolder());
      rmSync(join(dir, 'model.safetensors'));
      const [stem, ending] = form.split('.');
      const map = { a: `${stem}-00001-of-00002.${ending}`, b: `${stem}-00002-of-00002.${ending}` };
      writeFileSync(join(dir, `${form}.index.json`), JSON.stringify({ weight_map: map }));
      writeFileSync(join(dir, map.a), '');
      writeFileSync(join(dir, 'half.incomplete'), '');
      await assert.rejects(openCheckpoint(dir), (error: Error) => {
        assert.ok(
          error.message.includes(`1 of the 2 files that ${form}.index.json lists is missing: ${map.b}.`),
        );
        assert.match(error.message, /A download was interrupted: 1 file is unfinished/);
        return true;
      });
    });
  }

  test('weights of other programs', async () => {
    const dir = writeRandomCheckpoint(scratchFolder());
    rmSync(join(dir, 'model.safetensors'));
    writeFileSync(join(dir, 'tf_model.h5'), '');
    await assert.rejects(openCheckpoint(dir), /does not exist\. It holds tf_model\.h5, which is not read/);
  });

  test('one file of weights that a download left half, and shards without their index', async () => {
    const dir = write();
    rmSync(join(dir, 'model.safetensors'));
    const unfinished = join(dir, '.cache', 'huggingface', 'download');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'model.safetensors.ab.incomplete'), '');
    await assert.rejects(
      openCheckpoint(dir),
      /does not exist\. A download was interrupted: 1 file is unfinished/,
    );
    writeFileSync(join(dir, 'model-00001-of-00002.safetensors'), '');
    await assert.rejects(openCheckpoint(dir), /, and the index that says what is in it is missing\./);
  });

  test('pointers of Git LFS in place of what describes the model', async () => {
    for (const name of ['config.json', 'tokenizer.json']) {
      const dir = write();
      writeFileSync(join(dir, name), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
      await assert.rejects(openCheckpoint(dir), new RegExp(`${name} is a pointer of Git LFS`));
    }
  });

  test('an adapter', async () => {
    const dir = scratchFolder();
    writeFileSync(join(dir, 'adapter_config.json'), '{}');
    await assert.rejects(openCheckpoint(dir), /holds an adapter/);
  });

  test('a folder of checkpoints', async () => {
    const dir = scratchFolder();
    writeRandomCheckpoint(join(dir, 'checkpoint-10'));
    await assert.rejects(openCheckpoint(dir), /models in its folders checkpoint-10/);
  });
});

test("a repository in the Hub's cache stands for the snapshot of its main branch", async () => {
  const repository = join(scratchFolder(), 'models--owner--name');
  const [first, second] = ['1'.repeat(40), '2'.repeat(40)];
  writeRandomCheckpoint(join(repository, 'snapshots', first));
  assert.match((await openCheckpoint(repository)).dir, /1111$/);
  writeRandomCheckpoint(join(repository, 'snapshots', second));
  await assert.rejects(openCheckpoint(repository), /holds 2 snapshots/);
  mkdirSync(join(repository, 'refs'));
  writeFileSync(join(repository, 'refs', 'main'), second);
  assert.match((await openCheckpoint(join(repository, 'snapshots'))).dir, /2222$/);
});
