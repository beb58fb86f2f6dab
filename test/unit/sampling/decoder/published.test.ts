// Configurations as they were published, in the layouts of their day, are read, and say what their papers say; what
// would change the mathematics and is not known is refused by name.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { UserError } from '../../../../server/errors.ts';
import { findArchitecture } from '../../../../server/sampling/decoder/architectures/index.ts';
import { ConfigFile } from '../../../../server/sampling/decoder/config-file.ts';
import type { DecoderShape } from '../../../../server/sampling/decoder/decoder-spec.ts';
import { PUBLISHED } from '../../../support/sampling/published-configs.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';

/** Made by test/fixtures/make-saved-configs.py. */
const { configs: SAVED } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/saved-configs.json'), 'utf8'),
) as { readonly configs: Readonly<Record<string, object>> };

function read(config: object): DecoderShape {
  const file = new ConfigFile('config.json', JSON.stringify(config));
  return findArchitecture(file).read(file);
}

const windows = ({ attention }: DecoderShape) => attention.layers.map(({ window }) => window);
const rotated = ({ attention }: DecoderShape) =>
  attention.layers.map(({ rotation }) => 2 * (rotation?.frequencies.length ?? 0));

describe('published configurations are read', () => {
  for (const [name, { config, facts }] of Object.entries(PUBLISHED)) {
    test(name, () => {
      const spec = read(config);
      const { nHeads, nKeyHeads, headWidth } = spec.attention;
      assert.deepEqual({ nHeads, nKeyHeads, headWidth, head: spec.head }, facts.heads);
      if (facts.windows) assert.deepEqual(windows(spec).slice(0, facts.windows.length), facts.windows);
      if (facts.rotated) assert.deepEqual(rotated(spec).slice(0, facts.rotated.length), facts.rotated);
    });
  }
});

describe('what transformers 5 saves of a configuration says the same', () => {
  for (const [type, config] of Object.entries(SAVED)) {
    test(type, () => assert.deepEqual(read(config), read(TINY_CONFIGS[type]!)));
  }

  test('of every architecture', () => {
    assert.deepEqual(Object.keys(SAVED).toSorted(), Object.keys(TINY_CONFIGS).toSorted());
  });
});

const refused: readonly (readonly [type: string, change: object, message: RegExp])[] = [
  ['starcoder2', { norm_type: 'rms_norm' }, /"norm_type": "rms_norm" is not supported/],
  ['starcoder2', { mlp_type: 'gated' }, /"mlp_type": "gated" is not supported/],
  ['gpt_bigcode', { attention_type: 1 }, /the key "attention_type" is unknown/],
  ['gpt_neox', { rope_theta: 500 }, /the key "rope_theta" is unknown/],
  ['gpt_neox', { hidden_size: 60, rotary_pct: 1 }, /15 values of a head cannot be rotated in pairs/],
  ['gpt_neox', { num_key_value_heads: 2 }, /not shared out evenly/],
  ['olmo2', { clip_qkv: 8 }, /the key "clip_qkv" is unknown/],
  ['olmo3', { layer_types: ['full_attention'] }, /"layer_types" should have one of/],
  ['olmo3', { layer_types: new Array(4).fill('chunked_attention') }, /"layer_types" should have one of/],
  ['olmo3', { sliding_window: null }, /"sliding_window" does not say/],
  ['olmo3', { rope_parameters: { rope_theta: 5 } }, /"rope_parameters": the key "rope_theta" is unknown/],
  ['qwen2', { use_mrope: true }, /"use_mrope": true is not supported/],
  [
    'qwen2',
    { use_sliding_window: false, layer_types: ['sliding_attention', 'full_attention'] },
    /"sliding_window" does not say/,
  ],
  ['qwen3', { num_experts: 8 }, /the key "num_experts" is unknown/],
  ['qwen3_moe', { mlp_only_layers: [0] }, /"mlp_only_layers": \[0\] is not supported/],
  ['qwen3_moe', { decoder_sparse_step: 2 }, /"decoder_sparse_step": 2 is not supported/],
  ['qwen3_moe', { num_experts_per_tok: 6 }, /"num_experts_per_tok" is 6, and there are 5 experts/],
  ['olmoe', { num_experts: 100_000 }, /no model has more than 1024/],
  ['olmoe', { clip_qkv: 8 }, /the key "clip_qkv" is unknown/],
  ['mistral', { layer_types: [] }, /the key "layer_types" is unknown/],
  ['smollm3', { no_rope_layers: [1] }, /"no_rope_layers" should have 0 or 1 for each of 2/],
  ['granite', { logits_scaling: 0 }, /"logits_scaling" should be above 0/],
  ['phi3', { attention_bias: true }, /"attention_bias": true is not supported/],
  ['phi3', { rope_scaling: { type: 'linear', factor: 2 } }, /"linear" is not supported/],
  [
    'phi3',
    { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
    /"short_factor" should be a list of 4 numbers/,
  ],
  ['gemma', { use_bidirectional_attention: true }, /"use_bidirectional_attention": true is not supported/],
  ['gemma3_text', { attn_logit_softcapping: 50 }, /the key "attn_logit_softcapping" is unknown/],
  ['gemma2', { rope_scaling: { rope_type: 'su' } }, /"su" is not supported/],
  ['codegen', { n_head: 2 }, /"n_head" \(2\) is not divisible by 4/],
  ['gptj', { rotary_dim: null }, /"rotary_dim" is not a number/],
  ['gptj', { rotary_dim: 17 }, /"rotary_dim" \(17\) is no even part/],
  ['gptj', { rotary: false }, /"rotary": false is not supported/],
  ['opt', { layer_norm_elementwise_affine: false }, /"layer_norm_elementwise_affine": false/],
  ['opt', { num_attention_heads: 5 }, /not shared out evenly/],
  ['xglm', { d_model: 30 }, /"d_model" \(30\) is not even, or not divisible/],
  ['xglm', { add_cross_attention: true }, /"add_cross_attention": true is not supported/],
];

describe('refused by name', () => {
  for (const [type, change, message] of refused) {
    test(`${type} with ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => read({ ...TINY_CONFIGS[type], ...change }),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
