// A tiny Llama in a GGUF file.

import { llamaMetadata, llamaTensors } from './llama-gguf.ts';
import { TINY_CONFIGS } from './tiny-configs.ts';

const { rope_scaling: _, ...TINY } = TINY_CONFIGS.llama! as Record<string, unknown>;
const CONFIG = { ...TINY, rms_norm_eps: 0.000001 };
export const N_TOKENS = 300;
export const METADATA = llamaMetadata(CONFIG, N_TOKENS);
export const TENSORS = llamaTensors(CONFIG);
