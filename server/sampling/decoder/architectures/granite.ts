// Granite: IBM Granite Team, "Granite 3.0 Language Models" (2024). LLaMA with a factor at each place that could want one.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { LLAMA_DEFAULTS } from './llama.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';

export const granite: Architecture = {
  modelTypes: ['granite'],
  prefix: 'model.',
  defaultTokens: { bos: 1, eos: 2 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, LLAMA_DEFAULTS);
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

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);
