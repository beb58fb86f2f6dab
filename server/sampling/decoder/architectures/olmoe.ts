// OLMoE: N. Muennighoff et al., "OLMoE: Open Mixture-of-Experts Language Models" (2024). Norms of all queries and all keys,
// and experts for the feed-forward layer.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { llamaNames } from './llama-names.ts';
import { readExperts, WITHOUT_EFFECT_ON_EXPERTS } from './read-experts.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';

export const olmoe: Architecture = {
  modelTypes: ['olmoe'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: 50_279 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, DEFAULTS);
    const spec: DecoderShape = {
      ...usual,
      attention: { ...usual.attention, queryKeyNorm: 'all' },
      mlp: { ...usual.mlp, experts: readExperts(config, { n: 64, nChosen: 8 }) },
      biases: { ...usual.biases, ...readAttentionBias(config) },
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

const DEFAULTS = {
  vocabularySize: 50_304,
  nPositions: 4096,
  nLayers: 16,
  width: 2048,
  nHeads: 16,
  nKeyHeads: null,
  headWidth: null,
  innerWidth: 2048,
  epsilon: 1e-5,
  head: 'own',
} as const;

/** Training. Queries, keys and values that are clipped are not among these: they are refused by name. */
const WITHOUT_EFFECT = new Set(['attention_dropout', ...WITHOUT_EFFECT_ON_EXPERTS]);
