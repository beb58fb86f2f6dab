// How fast a Llama of SmolLM2-135M's shape is sampled: grouped-query attention, rotary positions, RMS norm, a gated MLP. The
// peers have the same random weights: transformers.js as an export in 32 bits, llama.cpp as GGUF in 32 and in 8 bits.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { type LlamaConfig, llamaMetadata, llamaTensors } from '../support/sampling/llama-gguf.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { type GgufTensorToWrite, writeGguf } from '../support/sampling/write-gguf.ts';
import { againstFloor } from './sampler-floor.ts';
import {
  CACHE,
  type Emit,
  exportForReference,
  installReference,
  measure,
  measureReference,
  ownMegabytes,
} from './sampler-processes.ts';

const SMOLLM2_135M: LlamaConfig = {
  ...{ model_type: 'llama', num_hidden_layers: 30, hidden_size: 576, intermediate_size: 1536, head_dim: 64 },
  ...{ num_attention_heads: 9, num_key_value_heads: 3, vocab_size: 49_152, max_position_embeddings: 2048 },
  ...{ rms_norm_eps: 1e-5, rope_theta: 100_000, tie_word_embeddings: true, rope_scaling: null },
  ...{ bos_token_id: 49_151, eos_token_id: 49_151 },
};
const SHAPES = [
  { batch: 64, tokens: 128 },
  { batch: 16, tokens: 128 },
];
const MIN_OF_TRANSFORMERS_JS = 2;
const MIN_OF_LLAMA_CPP = 1.5;
const MIN_OF_ROOFLINE = 0.5;
const MIN_OF_LLAMA_CPP_8_BIT = 1.3;

export async function benchLlama(emit: Emit, transformersJs: string): Promise<void> {
  const dir = join(CACHE, 'smollm2-135m');
  if (!existsSync(join(dir, 'model.safetensors'))) writeRandomCheckpoint(dir, { config: SMOLLM2_135M });
  await exportForReference(await openCheckpoint(dir), dir);
  const inFloats = ggufOf('float32');
  const rounded = ggufOf('Q8_0');
  const modules = await installReference('llama.cpp');
  for (const shape of SHAPES) {
    const { batch, tokens } = shape;
    const roofline = await measure({ kind: 'roofline', dir, rows: batch, tokens });
    const own = await measure({ kind: 'generate', dir, ...shape });
    const js = await measureReference({ kind: 'transformers.js', dir, ...shape, modules: transformersJs });
    const cpp = await measureLlamaCpp(inFloats, shape, modules);
    const own8 = await measure({ kind: 'generate', dir, ...shape, products: 'int8' });
    const cpp8 = await measureLlamaCpp(rounded, shape, modules);
    emit({
      figure: `Llama 135 M, generate ${batch}x${tokens}`,
      tokensPerSecond: own.tokensPerSecond,
      transformersJs: js.tokensPerSecond,
      llamaCpp: cpp.tokensPerSecond,
      roofline: roofline.tokensPerSecond,
      ofTransformersJs: own.tokensPerSecond / js.tokensPerSecond,
      minOfTransformersJs: MIN_OF_TRANSFORMERS_JS,
      ofLlamaCpp: own.tokensPerSecond / cpp.tokensPerSecond,
      minOfLlamaCpp: MIN_OF_LLAMA_CPP,
      ofRoofline: own.tokensPerSecond / roofline.tokensPerSecond,
      minOfRoofline: MIN_OF_ROOFLINE,
      ...againstFloor(roofline, own, js),
      // On a machine that does other work too, these still compare.
      ofTransformersJsPerCpuSecond: own.tokensPerCpuSecond / js.tokensPerCpuSecond,
      ofLlamaCppPerCpuSecond: own.tokensPerCpuSecond / cpp.tokensPerCpuSecond,
      ofRooflinePerCpuSecond: own.tokensPerCpuSecond / roofline.tokensPerCpuSecond,
      peakMegabytes: ownMegabytes(own),
    });
    emit({
      figure: `Llama 135 M, generate ${batch}x${tokens}, 8-bit`,
      tokensPerSecond: own8.tokensPerSecond,
      llamaCpp: cpp8.tokensPerSecond,
      ofLlamaCpp: own8.tokensPerSecond / cpp8.tokensPerSecond,
      minOfLlamaCpp: batch === 64 ? MIN_OF_LLAMA_CPP_8_BIT : null,
      ofLlamaCppPerCpuSecond: own8.tokensPerCpuSecond / cpp8.tokensPerCpuSecond,
    });
  }
}

/** The faster one of its two ways through attention. */
async function measureLlamaCpp(dir: string, shape: (typeof SHAPES)[number], modules: string) {
  const results = [];
  for (const flashAttention of [false, true]) {
    results.push(await measureReference({ kind: 'llama.cpp', dir, ...shape, flashAttention, modules }));
  }
  return results.reduce((best, one) => (one.tokensPerSecond > best.tokensPerSecond ? one : best));
}

/** Speed is all that is asked of it: its tokenizer is the tests' own. */
function ggufOf(type: 'float32' | 'Q8_0'): string {
  const path = join(CACHE, `smollm2-135m-${type}.gguf`);
  if (existsSync(path)) return path;
  const tensors = llamaTensors(SMOLLM2_135M);
  const stored = type === 'float32' ? tensors : tensors.map(in8Bits);
  return writeGguf(path, llamaMetadata(SMOLLM2_135M, Number(SMOLLM2_135M.vocab_size)), stored);
}

const Q8_0 = 8;
const VALUES_A_BLOCK = 32;

/** Blocks of 32 values: a scale in 16 bits, and each value in steps of it. Norms stay as they are, like llama.cpp's. */
function in8Bits(tensor: GgufTensorToWrite): GgufTensorToWrite {
  const { values, shape } = tensor;
  if (shape.length === 1 || !(values instanceof Float32Array)) return tensor;
  const nBlocks = values.length / VALUES_A_BLOCK;
  const bytes = new Uint8Array(nBlocks * (2 + VALUES_A_BLOCK));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < nBlocks; block++) {
    const from = block * VALUES_A_BLOCK;
    let largest = 0;
    for (let i = 0; i < VALUES_A_BLOCK; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
    const scale = largest / 127;
    const at = block * (2 + VALUES_A_BLOCK);
    view.setFloat16(at, scale, true);
    for (let i = 0; i < VALUES_A_BLOCK; i++) {
      view.setInt8(at + 2 + i, scale === 0 ? 0 : Math.round(values[from + i]! / scale));
    }
  }
  return { ...tensor, values: bytes, type: Q8_0 };
}
