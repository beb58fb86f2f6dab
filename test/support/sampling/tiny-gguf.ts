// A tiny Llama in a GGUF file: its metadata and its tensors, as llama.cpp's converter writes them.

import { byteTokenizer, randomTensors } from './random-checkpoint.ts';
import { TINY_CONFIGS } from './tiny-configs.ts';
import type { Entry, GgufTensorToWrite } from './write-gguf.ts';

const { rope_scaling: _, ...CONFIG } = TINY_CONFIGS.llama! as Record<string, number> & {
  rope_scaling: unknown;
};
export const N_TOKENS = 300;
export const METADATA: Readonly<Record<string, Entry>> = {
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
export const TENSORS = tensorsOf({ ...CONFIG, rms_norm_eps: 0.000001 });

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
