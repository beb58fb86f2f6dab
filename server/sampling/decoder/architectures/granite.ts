// Granite: IBM Granite Team, "Granite 3.0 Language Models" (2024). LLaMA with a factor at each place that could want one.

import type { DecoderShape } from '../decoder-spec.ts';
import type { Architecture } from './architecture.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';

export const granite: Architecture = {
  modelTypes: ['granite'],
  prefix: 'model.',
  defaultTokens: { bos: 1, eos: 2 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, DEFAULTS);
    const scale = config.positive('attention_multiplier', 1);
    const spec: DecoderShape = {
      ...usual,
      embeddingScale: config.positive('embedding_multiplier', 1),
      attention: changeLayers(usual.attention, () => ({ scale })),
      residualScale: config.positive('residual_multiplier', 1),
      logits: { scale: 1 / config.positive('logits_scaling', 1), cap: null },
      biases: { ...usual.biases, ...readAttentionBias(config), mlp: config.flag('mlp_bias', false) },
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

const DEFAULTS = {
  vocabularySize: 32_000,
  nPositions: 2048,
  nLayers: 32,
  width: 4096,
  nHeads: 32,
  nKeyHeads: null,
  headWidth: null,
  innerWidth: 11_008,
  epsilon: 1e-6,
  head: 'own',
} as const;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);
