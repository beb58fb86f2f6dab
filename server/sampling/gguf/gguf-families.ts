// The architectures of GGUF files: which of their metadata is which key of transformers' configuration, and what their
// converter did to the weights.

import type { GgufFile, GgufValue } from './gguf-file.ts';

export interface Family {
  /** transformers' `model_type`. */
  readonly modelType: string;
  /** Keys of the configuration, by those of the metadata without the architecture's name before them; null: see `more`. */
  readonly keys: Readonly<Record<string, string | null>>;
  /** Whether queries and keys were stored so that neighbouring values turn together. */
  readonly turnsNeighbours?: boolean;
  /** Whether norms were stored as what they multiply by, where transformers stores one less. */
  readonly storesWholeNorms?: boolean;
  /** Whether the gate is the first half of what goes up, in one matrix. */
  readonly joinsGate?: boolean;
  /** What follows from several keys, or from the tensors that are there. `value` is that of a key of the architecture. */
  readonly more?: (
    value: (key: string) => GgufValue | null,
    file: GgufFile,
  ) => Readonly<Record<string, unknown>>;
}

const COMMON = {
  block_count: 'num_hidden_layers',
  context_length: 'max_position_embeddings',
  embedding_length: 'hidden_size',
  feed_forward_length: 'intermediate_size',
  'attention.head_count': 'num_attention_heads',
  'attention.key_length': 'head_dim',
  'rope.freq_base': 'rope_theta',
} as const;
const LLAMA_LIKE = {
  ...COMMON,
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.layer_norm_rms_epsilon': 'rms_norm_eps',
} as const;
const GPT = {
  block_count: 'n_layer',
  context_length: 'n_positions',
  embedding_length: 'n_embd',
  feed_forward_length: 'n_inner',
  'attention.head_count': 'n_head',
  'attention.layer_norm_epsilon': 'layer_norm_epsilon',
} as const;
const WINDOW = { 'attention.sliding_window': 'sliding_window' } as const;
const GEMMA = { keys: LLAMA_LIKE, storesWholeNorms: true } as const;

type Value = (key: string) => GgufValue | null;

const headWidthOf = (value: Value): number =>
  Number(value('embedding_length')) / Number(value('attention.head_count'));

const biasesOf: Family['more'] = (_, { tensors }) => ({
  attention_bias: tensors.has('blk.0.attn_q.bias'),
  mlp_bias: tensors.has('blk.0.ffn_up.bias'),
});

/** Some converters write which layers have a window. */
function layerTypes(value: Value): Readonly<Record<string, unknown>> {
  const pattern = value('attention.sliding_window_pattern');
  if (typeof pattern === 'number') return { sliding_window_pattern: pattern };
  if (!Array.isArray(pattern)) return {};
  return { layer_types: pattern.map((slides) => (slides ? 'sliding_attention' : 'full_attention')) };
}

/** Scores are scaled by heads as wide as they are, but in the largest model, which is known by its layers. */
const scaledByHead = (value: Value, nLayersOfLargest: number) => ({
  query_pre_attn_scalar:
    value('block_count') === nLayersOfLargest ? headWidthOf(value) : value('attention.key_length'),
});

/** Keyed by `general.architecture`. */
export const FAMILIES: ReadonlyMap<unknown, Family> = new Map<unknown, Family>([
  ['llama', { modelType: 'llama', keys: LLAMA_LIKE, turnsNeighbours: true, more: biasesOf }],
  ['qwen2', { modelType: 'qwen2', keys: LLAMA_LIKE }],
  ['qwen3', { modelType: 'qwen3', keys: LLAMA_LIKE }],
  [
    'olmo2',
    {
      modelType: 'olmo2',
      keys: { ...LLAMA_LIKE, ...WINDOW, 'attention.sliding_window_pattern': null },
      more: (value) =>
        value('attention.sliding_window') === null ? {} : { model_type: 'olmo3', ...layerTypes(value) },
    },
  ],
  [
    'starcoder2',
    {
      modelType: 'starcoder2',
      keys: {
        ...COMMON,
        'attention.head_count_kv': 'num_key_value_heads',
        'attention.layer_norm_epsilon': 'norm_epsilon',
      },
      more: (_, { tensors }) => ({ use_bias: tensors.has('blk.0.attn_q.bias') }),
    },
  ],
  ['gpt2', { modelType: 'gpt2', keys: GPT }],
  [
    'starcoder',
    {
      modelType: 'gpt_bigcode',
      keys: { ...GPT, 'attention.head_count_kv': null },
      more: (value) => ({ multi_query: value('attention.head_count_kv') === 1 }),
    },
  ],
  [
    'gptneox',
    {
      modelType: 'gpt_neox',
      keys: {
        ...COMMON,
        'attention.layer_norm_epsilon': 'layer_norm_eps',
        'rope.freq_base': 'rotary_emb_base',
        use_parallel_residual: 'use_parallel_residual',
      },
      more: (value) => ({ rotary_pct: Number(value('rope.dimension_count')) / headWidthOf(value) }),
    },
  ],
  [
    'granite',
    {
      modelType: 'granite',
      keys: {
        ...LLAMA_LIKE,
        'attention.scale': 'attention_multiplier',
        embedding_scale: 'embedding_multiplier',
        residual_scale: 'residual_multiplier',
        logit_scale: 'logits_scaling',
      },
      turnsNeighbours: true,
      more: biasesOf,
    },
  ],
  ['smollm3', { modelType: 'smollm3', keys: LLAMA_LIKE, turnsNeighbours: true, more: biasesOf }],
  [
    'phi3',
    {
      modelType: 'phi3',
      joinsGate: true,
      keys: { ...LLAMA_LIKE, 'attention.sliding_window': null },
      more: (value) => ({
        sliding_window: value('attention.sliding_window') || null,
        partial_rotary_factor:
          Number(value('rope.dimension_count') ?? headWidthOf(value)) / headWidthOf(value),
      }),
    },
  ],
  ['gemma', { ...GEMMA, modelType: 'gemma' }],
  [
    'gemma2',
    {
      ...GEMMA,
      modelType: 'gemma2',
      keys: {
        ...LLAMA_LIKE,
        ...WINDOW,
        attn_logit_softcapping: 'attn_logit_softcapping',
        final_logit_softcapping: 'final_logit_softcapping',
      },
      more: (value) => scaledByHead(value, 46),
    },
  ],
  [
    'gemma3',
    {
      ...GEMMA,
      modelType: 'gemma3_text',
      keys: {
        ...LLAMA_LIKE,
        ...WINDOW,
        'attention.sliding_window_pattern': null,
        'rope.freq_base_swa': 'rope_local_base_freq',
        final_logit_softcapping: 'final_logit_softcapping',
      },
      more: (value) => ({ ...scaledByHead(value, 62), ...layerTypes(value) }),
    },
  ],
]);
