// OLMo 2: Team OLMo, "2 OLMo 2 Furious" (2024). Norms stand behind attention and the gate, and before scores.

import type { Architecture } from '../architecture.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';

export const olmo2: Architecture = {
  modelTypes: ['olmo2'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: 50_279 },
  names: (spec) => llamaNames(spec, OLMO_NORMS),

  read(config) {
    const usual = readLlama(config, OLMO_DEFAULTS);
    const spec = {
      ...usual,
      attention: { ...usual.attention, queryKeyNorm: 'all' },
      residual: 'norm-after',
      biases: { ...usual.biases, ...readAttentionBias(config) },
    } as const;
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

export const OLMO_NORMS = { attention: 'post_attention_layernorm', mlp: 'post_feedforward_layernorm' };

export const OLMO_DEFAULTS = {
  vocabularySize: 50_304,
  nPositions: 2048,
  nLayers: 32,
  width: 4096,
  nHeads: 32,
  nKeyHeads: null,
  headWidth: null,
  innerWidth: 11_008,
  epsilon: 1e-5,
  head: 'own',
} as const;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);
