// A Llama with random weights as a GGUF file: its metadata and its tensors, as llama.cpp's converter writes them.

import { byteTokenizer, randomTensors } from './random-checkpoint.ts';
import type { Entry, GgufTensorToWrite } from './write-gguf.ts';

/** What a config.json of the architecture says; `head_dim` is needed. */
export type LlamaConfig = Readonly<Record<string, unknown>>;

const numberOf = (config: LlamaConfig, key: string): number => Number(config[key]);

export function llamaMetadata(config: LlamaConfig, nTokens: number): Readonly<Record<string, Entry>> {
  const of = (key: string) => numberOf(config, key);
  return {
    'general.architecture': 'llama',
    'general.alignment': 32,
    'llama.block_count': of('num_hidden_layers'),
    'llama.context_length': of('max_position_embeddings'),
    'llama.embedding_length': of('hidden_size'),
    'llama.feed_forward_length': of('intermediate_size'),
    'llama.attention.head_count': of('num_attention_heads'),
    'llama.attention.head_count_kv': of('num_key_value_heads'),
    'llama.attention.key_length': of('head_dim'),
    'llama.attention.layer_norm_rms_epsilon': of('rms_norm_eps'),
    'llama.rope.freq_base': { float: of('rope_theta') },
    ...tokenizerMetadata(nTokens),
  };
}

export function tokenizerMetadata(nTokens: number): Record<string, Entry> {
  const { model, added_tokens: added } = byteTokenizer(nTokens);
  const tokens = Array.from({ length: nTokens }, (_, id) => `[PAD${id}]`);
  const types = new Array<number>(nTokens).fill(5);
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
    'tokenizer.ggml.bos_token_id': nTokens - 1,
    'tokenizer.ggml.eos_token_id': nTokens - 1,
  };
}

/** Tensors like Llama's converter writes them: heads of queries and keys with the values that turn together side by side. */
export function llamaTensors(config: LlamaConfig): readonly GgufTensorToWrite[] {
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
      values: turns ? interleaved(values, shape, numberOf(config, 'head_dim') / 2) : values,
    };
  });
}

/** Rows of each head so that those that turn together lie side by side. */
export function interleaved(
  values: Float32Array,
  [nRows, width = 1]: readonly number[],
  half: number,
): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < nRows!; row++) {
    const head = Math.floor(row / (2 * half)) * 2 * half;
    const at = row - head;
    const from = head + (at % 2) * half + Math.floor(at / 2);
    out.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}
