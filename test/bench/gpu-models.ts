// The models that sampling is measured with, with random weights.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  plannedTensors,
  writeRandomCheckpoint,
  writeWithoutWeights,
} from '../support/sampling/random-checkpoint.ts';

export interface BenchModel {
  readonly name: string;
  /** Without an end token every sample has all its tokens, here and there. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly rows: BenchRows;
  /** Whether a study of it is measured from the command to the file. */
  readonly isHeadline: boolean;
}

/** Rows that each engine is measured with; where there are none, it is not. */
export interface BenchRows {
  readonly cuda: readonly number[];
  readonly webgpu: readonly number[];
  readonly transformers: readonly number[];
  readonly vllm: readonly number[];
}

const VOCABULARY = { vocab_size: 32768, bos_token_id: 0, eos_token_id: null };

const gpt2 = (n_layer: number, n_embd: number, n_head: number) => ({
  ...{ model_type: 'gpt2', n_layer, n_embd, n_head, n_positions: 1024, tie_word_embeddings: true },
  ...VOCABULARY,
});

/** Four query heads on one head of keys. */
const llama = (num_hidden_layers: number, hidden_size: number, intermediate_size: number) => ({
  ...{ model_type: 'llama', num_hidden_layers, hidden_size, intermediate_size, num_attention_heads: 32 },
  ...{ num_key_value_heads: 8, max_position_embeddings: 1024, rms_norm_eps: 1e-5, rope_theta: 10000 },
  ...{ hidden_act: 'silu', tie_word_embeddings: true },
  ...VOCABULARY,
});

export const BENCH_MODELS: readonly BenchModel[] = [
  {
    name: 'GPT-2 110M',
    config: gpt2(12, 768, 12),
    rows: {
      ...{ cuda: [64, 256, 1024, 2048], webgpu: [64, 256, 1024] },
      ...{ transformers: [1024, 2048], vllm: [1024, 2048] },
    },
    isHeadline: true,
  },
  {
    name: 'GPT-2 1.5B',
    config: gpt2(48, 1600, 25),
    rows: { cuda: [128, 256, 448], webgpu: [], transformers: [256], vllm: [128, 256, 448] },
    isHeadline: false,
  },
  {
    name: 'Llama 1.3B',
    config: llama(24, 2048, 5504),
    rows: { cuda: [256, 1024, 1536], webgpu: [], transformers: [256, 1024], vllm: [256, 1024, 1536] },
    isHeadline: false,
  },
  {
    name: 'Llama 7B',
    config: llama(32, 4096, 11008),
    rows: { cuda: [64, 256, 448], webgpu: [], transformers: [64, 256], vllm: [64, 256, 448] },
    isHeadline: false,
  },
];

/** A larger model than this is made on the card. */
const MOST_VALUES_HERE = 2e8;

/** Null, or why it could not be made. */
export function makeModel(folder: string, config: Readonly<Record<string, unknown>>): string | null {
  const tensors = plannedTensors(config);
  const nValues = tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  if (nValues <= MOST_VALUES_HERE) {
    writeRandomCheckpoint(folder, { config, dtype: 'F16' });
    return null;
  }
  writeWithoutWeights(folder, config);
  const { status, stderr } = spawnSync(
    BENCH_PYTHON,
    [join(import.meta.dirname, 'gpu-checkpoint.py'), join(folder, 'model.safetensors')],
    { input: JSON.stringify(tensors), encoding: 'utf8' },
  );
  return status === 0 ? null : `${BENCH_PYTHON} makes no weights: ${lastLine(stderr)}`;
}

export const BENCH_PYTHON = process.env.VERBATIM_BENCH_PYTHON ?? 'python3';

export const lastLine = (text: string | null | undefined): string =>
  (text ?? '').trim().split('\n').at(-1) || 'it could not be started';
