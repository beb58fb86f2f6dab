// Writes small checkpoints with random weights for the sampler's tests: every option that changes the
// mathematics, and every stored type.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RandomCheckpoint {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  readonly seed?: number;
}

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

/** Gives back the folder, for nesting calls. */
export function writeRandomCheckpoint(
  dir: string,
  { config, dtype = 'F32', seed = 1 }: RandomCheckpoint = {},
) {
  mkdirSync(dir, { recursive: true });
  const full = { ...TINY_CONFIG, ...config };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(full));
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(byteTokenizer(full.vocab_size)));
  writeFileSync(join(dir, 'model.safetensors'), encodeSafetensors(randomTensors(full, seed), dtype));
  return dir;
}

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export function randomTensors(
  config: typeof TINY_CONFIG & Record<string, unknown>,
  seed: number,
): NamedTensor[] {
  const { n_embd: width, vocab_size: nRows } = config;
  const inner = (config.n_inner as number | undefined) ?? 4 * width;
  const next = mulberry32(seed);
  const tensors: NamedTensor[] = [];
  const add = (name: string, shape: readonly number[], spread: number, centre = 0) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++)
      values[i] = centre + spread * 2 * (next() + next() + next() - 1.5);
    tensors.push({ name: `transformer.${name}`, shape, values });
  };
  const addLinear = (name: string, from: number, to: number) => {
    add(`${name}.weight`, [from, to], 1.5 / Math.sqrt(from));
    if (config.bias !== false) add(`${name}.bias`, [to], 0.05);
  };
  const addNorm = (name: string) => {
    add(`${name}.weight`, [width], 0.1, 1);
    if (config.bias !== false) add(`${name}.bias`, [width], 0.05);
  };
  add('wte.weight', [nRows, width], 0.35);
  add('wpe.weight', [config.n_positions, width], 0.1);
  for (let layer = 0; layer < config.n_layer; layer++) {
    addNorm(`h.${layer}.ln_1`);
    addLinear(`h.${layer}.attn.c_attn`, width, 3 * width);
    addLinear(`h.${layer}.attn.c_proj`, width, width);
    addNorm(`h.${layer}.ln_2`);
    addLinear(`h.${layer}.mlp.c_fc`, width, inner);
    addLinear(`h.${layer}.mlp.c_proj`, inner, width);
  }
  addNorm('ln_f');
  if (config.tie_word_embeddings === false) {
    add('lm_head.weight', [nRows, width], 0.35);
    tensors.push({ ...tensors.pop()!, name: 'lm_head.weight' });
  }
  return tensors;
}

export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  dtype: 'F32' | 'F16' | 'BF16',
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const bytes = encodeValues(values, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  let text = JSON.stringify(header);
  text += ' '.repeat(-text.length & 7);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Buffer.concat([length, Buffer.from(text), ...parts]);
}

/** Bytes as single tokens in GPT-2's order of characters, and one special token at the end. */
export function byteTokenizer(nTokens: number) {
  const vocab: Record<string, number> = {};
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    vocab[String.fromCharCode(prints ? byte : next++)] = byte;
  }
  const merges: string[] = [];
  const letters = [...'etaoinshrdlu'];
  for (const [i, first] of letters.entries()) {
    for (const second of letters.slice(i)) {
      if (256 + merges.length >= nTokens - 1) break;
      vocab[first + second] = 256 + merges.length;
      merges.push(`${first} ${second}`);
    }
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: nTokens - 1,
        content: '<|endoftext|>',
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  };
}

function encodeValues(values: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  if (dtype === 'F16') return new Uint8Array(Float16Array.from(values).buffer);
  const words = new Uint32Array(values.buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
