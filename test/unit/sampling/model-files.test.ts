// Checkpoints as programs leave them, beside what the documentation of their formats says: read as transformers reads
// them, or refused for what they are.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
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
