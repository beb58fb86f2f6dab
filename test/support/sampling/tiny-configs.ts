// A small configuration of every architecture, with what makes it different from the others.

export const TINY_CONFIG = {
  model_type: 'gpt2',
  n_embd: 32,
  n_head: 2,
  n_layer: 2,
  n_positions: 96,
  vocab_size: 300,
  bos_token_id: 299,
  eos_token_id: 299,
};

const USUAL = {
  hidden_size: 32,
  intermediate_size: 80,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 96,
  vocab_size: 300,
  bos_token_id: 299,
  eos_token_id: 299,
};

const { head_dim: _, ...SHARED_OUT } = USUAL;
const { num_key_value_heads: __, ...ALL_KEY_HEADS } = SHARED_OUT;
const { intermediate_size: ___, ...WITHOUT_INNER } = ALL_KEY_HEADS;

/** Keyed by `model_type`. */
export const TINY_CONFIGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gpt2: TINY_CONFIG,
  gpt_bigcode: { ...TINY_CONFIG, model_type: 'gpt_bigcode' },
  llama: {
    ...USUAL,
    model_type: 'llama',
    rope_theta: 500_000,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 48,
    },
  },
  starcoder2: { ...SHARED_OUT, model_type: 'starcoder2', sliding_window: 20 },
  gpt_neox: { ...ALL_KEY_HEADS, model_type: 'gpt_neox', hidden_size: 64 },
  olmo2: { ...SHARED_OUT, model_type: 'olmo2' },
  olmo3: { ...SHARED_OUT, model_type: 'olmo3', num_hidden_layers: 4, sliding_window: 20 },
  qwen2: {
    ...SHARED_OUT,
    model_type: 'qwen2',
    use_sliding_window: true,
    sliding_window: 20,
    max_window_layers: 1,
  },
  qwen3: { ...USUAL, model_type: 'qwen3' },
  qwen3_moe: {
    ...WITHOUT_INNER,
    num_key_value_heads: 2,
    head_dim: 16,
    model_type: 'qwen3_moe',
    moe_intermediate_size: 24,
    num_experts: 5,
    num_experts_per_tok: 2,
    norm_topk_prob: true,
  },
  olmoe: {
    ...SHARED_OUT,
    model_type: 'olmoe',
    intermediate_size: 24,
    num_experts: 6,
    num_experts_per_tok: 3,
  },
  mistral: { ...USUAL, model_type: 'mistral', sliding_window: 20 },
  smollm3: { ...USUAL, model_type: 'smollm3', no_rope_layer_interval: 2 },
  granite: {
    ...SHARED_OUT,
    model_type: 'granite',
    attention_multiplier: 0.2,
    embedding_multiplier: 3,
    logits_scaling: 2,
    residual_multiplier: 0.4,
  },
  phi3: { ...SHARED_OUT, model_type: 'phi3', hidden_size: 64, partial_rotary_factor: 0.5 },
  gemma: { ...USUAL, model_type: 'gemma' },
  gemma2: {
    ...USUAL,
    model_type: 'gemma2',
    sliding_window: 20,
    query_pre_attn_scalar: 24,
    attn_logit_softcapping: 2,
    final_logit_softcapping: 5,
  },
  gemma3_text: {
    ...USUAL,
    model_type: 'gemma3_text',
    sliding_window: 20,
    sliding_window_pattern: 2,
    query_pre_attn_scalar: 24,
  },
  codegen: { ...TINY_CONFIG, model_type: 'codegen', n_head: 4, rotary_dim: 4 },
  gptj: { ...TINY_CONFIG, model_type: 'gptj', rotary_dim: 8 },
  opt: { ...WITHOUT_INNER, model_type: 'opt', ffn_dim: 96 },
  xglm: {
    model_type: 'xglm',
    d_model: 32,
    attention_heads: 4,
    num_layers: 2,
    ffn_dim: 80,
    max_position_embeddings: 96,
    vocab_size: 300,
    bos_token_id: 299,
    eos_token_id: 299,
  },
};
