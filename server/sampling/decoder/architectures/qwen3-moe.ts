// Qwen 3 with experts: A. Yang et al., "Qwen3 Technical Report" (2025).

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { llamaNames } from './llama-names.ts';
import { readExperts, WITHOUT_EFFECT_ON_EXPERTS } from './read-experts.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';

export const qwen3Moe: Architecture = {
  modelTypes: ['qwen3_moe'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: null },
  names: (spec) => llamaNames(spec),

  read(config) {
    refuseOtherLayers(config);
    const usual = readLlama(config, DEFAULTS);
    const experts = readExperts(config, { n: 128, nChosen: 8 });
    // One window for all layers, if it is asked for at all.
    const isAsked = config.flag('use_sliding_window', false);
    const wide = config.optionalSize('sliding_window', 4096);
    const window = isAsked && wide !== null && wide < usual.nPositions ? wide : null;
    const spec: DecoderShape = {
      ...usual,
      attention: { ...changeLayers(usual.attention, () => ({ window })), queryKeyNorm: 'head' },
      mlp: { ...usual.mlp, innerWidth: config.size('moe_intermediate_size', 768), experts },
      biases: { ...usual.biases, ...readAttentionBias(config) },
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

/** Layers with one feed-forward layer among those with experts, which no published model has. */
function refuseOtherLayers(config: ConfigFile): void {
  const dense = config.value('mlp_only_layers');
  if (dense !== null && !(Array.isArray(dense) && dense.length === 0))
    config.fail(`"mlp_only_layers": ${JSON.stringify(dense)} is not supported`);
  const step = config.size('decoder_sparse_step', 1);
  if (step !== 1) config.fail(`"decoder_sparse_step": ${step} is not supported`);
}

const DEFAULTS = {
  vocabularySize: 151_936,
  nPositions: 32_768,
  nLayers: 24,
  width: 2048,
  nHeads: 32,
  nKeyHeads: 4,
  headWidth: null,
  innerWidth: 6144,
  epsilon: 1e-6,
  head: 'own',
} as const;

/** Training, and a bound of windows that only other versions of this architecture have. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'max_window_layers', ...WITHOUT_EFFECT_ON_EXPERTS]);
