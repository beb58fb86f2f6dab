// Small models of every architecture that GGUF files hold: what config.json says, and the metadata and tensors that
// llama.cpp's converter makes of the same model.

import { interleaved, tokenizerMetadata } from './llama-gguf.ts';
import { type NamedTensor, randomTensors } from './random-checkpoint.ts';
import { TINY_CONFIGS } from './tiny-configs.ts';
import { type Entry, encodeGguf } from './write-gguf.ts';

type Change = (tensor: NamedTensor) => Omit<NamedTensor, 'name'>;

export interface GgufModel {
  /** A checkpoint folder's, with the same weights. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Without the architecture's name before each. */
  readonly metadata: Readonly<Record<string, Entry>>;
  readonly architecture: string;
  readonly change?: Change;
  /** Names of tensors that differ from the usual ones. */
  readonly names?: readonly (readonly [RegExp, string])[];
}

export function encodeModel({ config, metadata, architecture, change, names = [] }: GgufModel): Buffer {
  const tensors = randomTensors(config, 1).map((tensor) => ({
    ...(change?.(tensor) ?? tensor),
    name: rename(tensor.name, [...names, ...NAMES]),
  }));
  const own = Object.entries(metadata).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  const all = { 'general.architecture': architecture, ...Object.fromEntries(own), ...tokenizerMetadata(300) };
  return encodeGguf(all, tensors);
}

function rename(name: string, names: GgufModel['names'] & {}): string {
  const bare = name.replace(/^(model|transformer|gpt_neox)\./, '').replace(/^(layers|h)\./, 'blk.');
  const [pattern, replacement] = names.find(([one]) => one.test(bare))!;
  return bare.replace(pattern, replacement);
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(embed_tokens|embed_in|wte)/, 'token_embd'],
  [/^wpe/, 'position_embd'],
  [/^(norm|final_layer_norm|ln_f)/, 'output_norm'],
  [/^(lm_head|embed_out)/, 'output'],
  [/self_attn\.([qk])_norm/, 'attn_$1_norm'],
  [/self_attn\.([qkv])_proj/, 'attn_$1'],
  [/self_attn\.qkv_proj|attn\.c_attn|attention\.query_key_value/, 'attn_qkv'],
  [/self_attn\.o_proj|attn\.c_proj|attention\.dense/, 'attn_output'],
  [/input_layernorm|ln_1/, 'attn_norm'],
  [/pre_feedforward_layernorm|ln_2/, 'ffn_norm'],
  [/post_attention_layernorm/, 'ffn_norm'],
  [/post_feedforward_layernorm/, 'post_ffw_norm'],
  [/mlp\.(gate|down)_proj/, 'ffn_$1'],
  [/mlp\.(up_proj|gate_up_proj|c_fc|dense_h_to_4h)/, 'ffn_up'],
  [/mlp\.(c_proj|dense_4h_to_h)/, 'ffn_down'],
];
/** Norms that stand behind attention. */
const AFTER = [[/post_attention_layernorm/, 'post_attention_norm']] as const;

const SIZES = {
  block_count: 2,
  context_length: 96,
  embedding_length: 32,
  feed_forward_length: 80,
  'attention.head_count': 4,
} as const;
const GPT = { ...SIZES, feed_forward_length: 128, 'attention.head_count': 2 } as const;
const LLAMA = {
  ...SIZES,
  'attention.head_count_kv': 2,
  'attention.layer_norm_rms_epsilon': 0.000001,
  'rope.freq_base': { float: 10_000 },
} as const;
const WIDE = { 'attention.key_length': 16, 'attention.value_length': 16 } as const;

const configOf = (type: string, change: object = {}) => ({
  ...TINY_CONFIGS[type],
  ...(type.startsWith('gpt') || type === 'starcoder2' ? {} : { rms_norm_eps: 0.000001, rope_theta: 10_000 }),
  ...change,
});

/** Neighbours turn in these files, and halves in their configurations. */
const turning =
  (headWidth: number): Change =>
  ({ name, shape, values }) => ({
    shape,
    values: /self_attn\.[qk]_proj/.test(name) ? interleaved(values, shape, headWidth / 2) : values,
  });

const oneMore: Change = ({ name, shape, values }) => ({
  shape,
  values: /norm\.weight$/.test(name) ? values.map((value) => value + 1) : values,
});

const transposed: Change = ({ name, shape, values }) => {
  const [nIn, nOut] = shape as [number, number];
  if (!/c_(attn|proj|fc)\.weight$/.test(name)) return { shape, values };
  const turned = values.map((_, at) => values[(at % nIn) * nOut + Math.floor(at / nIn)]!);
  return { shape: [nOut, nIn], values: turned };
};

/** Query, key and value of each head become all queries, all keys, all values. */
const regrouped =
  (nHeads: number, headWidth: number): Change =>
  ({ name, shape, values }) => {
    if (!name.includes('query_key_value')) return { shape, values };
    const nBlock = headWidth * (shape[1] ?? 1);
    const blocks = [0, 1, 2].flatMap((part) =>
      Array.from({ length: nHeads }, (_, head) => (3 * head + part) * nBlock),
    );
    return {
      shape,
      values: Float32Array.from(blocks.flatMap((at) => [...values.subarray(at, at + nBlock)])),
    };
  };

export const GGUF_MODELS: Readonly<Record<string, GgufModel>> = {
  'llama with biases, as Granite’s first': {
    architecture: 'llama',
    config: configOf('llama', { rope_scaling: null, attention_bias: true, mlp_bias: true }),
    metadata: { ...LLAMA, ...WIDE, 'rope.dimension_count': 16 },
    change: turning(16),
  },
  'qwen2 with a stretched context': {
    architecture: 'qwen2',
    config: configOf('qwen2', {
      use_sliding_window: false,
      rope_scaling: {
        rope_type: 'yarn',
        factor: 4,
        original_max_position_embeddings: 24,
        beta_fast: 16,
      },
    }),
    metadata: {
      ...LLAMA,
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': { float: 4 },
      'rope.scaling.original_context_length': 24,
      'rope.scaling.yarn_beta_fast': { float: 16 },
    },
  },
  qwen3: { architecture: 'qwen3', config: configOf('qwen3'), metadata: { ...LLAMA, ...WIDE } },
  olmo2: { architecture: 'olmo2', config: configOf('olmo2'), metadata: LLAMA, names: AFTER },
  'olmo2 with windows, as OLMo 3 is called': {
    architecture: 'olmo2',
    config: configOf('olmo3', { rope_theta: 500_000 }),
    metadata: {
      ...LLAMA,
      block_count: 4,
      'rope.freq_base': { float: 500_000 },
      'attention.sliding_window': 20,
      'attention.sliding_window_pattern': [true, true, true, false],
    },
    names: AFTER,
  },
  starcoder2: {
    architecture: 'starcoder2',
    config: configOf('starcoder2', { sliding_window: null }),
    metadata: { ...SIZES, 'attention.head_count_kv': 2, 'attention.layer_norm_epsilon': 0.00001 },
  },
  gpt2: {
    architecture: 'gpt2',
    config: configOf('gpt2'),
    metadata: { ...GPT, 'attention.layer_norm_epsilon': 0.00001 },
    change: transposed,
  },
  'starcoder with one key head': {
    architecture: 'starcoder',
    config: configOf('gpt_bigcode'),
    metadata: { ...GPT, 'attention.head_count_kv': 1, 'attention.layer_norm_epsilon': 0.00001 },
  },
  gptneox: {
    architecture: 'gptneox',
    config: configOf('gpt_neox'),
    metadata: {
      ...SIZES,
      embedding_length: 64,
      'attention.layer_norm_epsilon': 0.00001,
      'rope.dimension_count': 4,
      use_parallel_residual: true,
    },
    change: regrouped(4, 16),
  },
  granite: {
    architecture: 'granite',
    config: configOf('granite'),
    metadata: {
      ...LLAMA,
      'attention.scale': { float: 0.2 },
      embedding_scale: { float: 3 },
      residual_scale: { float: 0.4 },
      logit_scale: { float: 2 },
    },
    change: turning(8),
  },
  smollm3: {
    architecture: 'smollm3',
    config: configOf('smollm3', { num_hidden_layers: 4, no_rope_layer_interval: 4 }),
    metadata: { ...LLAMA, ...WIDE, block_count: 4 },
    change: turning(16),
  },
  phi3: {
    architecture: 'phi3',
    config: configOf('phi3', { sliding_window: 20 }),
    metadata: {
      ...LLAMA,
      embedding_length: 64,
      'attention.sliding_window': 20,
      'rope.dimension_count': 8,
      'rope.scaling.original_context_length': 96,
    },
  },
  gemma: {
    architecture: 'gemma',
    config: configOf('gemma'),
    metadata: { ...LLAMA, ...WIDE },
    change: oneMore,
  },
  gemma2: {
    architecture: 'gemma2',
    config: configOf('gemma2', { query_pre_attn_scalar: 16 }),
    metadata: {
      ...LLAMA,
      ...WIDE,
      'attention.sliding_window': 20,
      attn_logit_softcapping: { float: 2 },
      final_logit_softcapping: { float: 5 },
    },
    change: oneMore,
    names: AFTER,
  },
  gemma3: {
    architecture: 'gemma3',
    config: configOf('gemma3_text', { query_pre_attn_scalar: 16, rope_theta: 1_000_000 }),
    metadata: {
      ...LLAMA,
      ...WIDE,
      'rope.freq_base': { float: 1_000_000 },
      'attention.sliding_window': 20,
      'attention.sliding_window_pattern': 2,
    },
    change: oneMore,
    names: AFTER,
  },
};
