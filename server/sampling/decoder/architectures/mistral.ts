// Mistral: A. Q. Jiang et al., "Mistral 7B" (2023). LLaMA with a window, in the first of its models.

import type { Architecture } from '../architecture.ts';
import { llamaNames } from './llama-names.ts';
import { readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';
import { withinContext } from './windows.ts';

export const mistral: Architecture = {
  modelTypes: ['mistral'],
  prefix: 'model.',
  defaultTokens: { bos: 1, eos: 2 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, DEFAULTS);
    const window = withinContext(config.optionalSize('sliding_window', 4096), usual.nPositions);
    config.refuseTheRest(WITHOUT_EFFECT);
    return { ...usual, attention: changeLayers(usual.attention, () => ({ window })) };
  },
};

const DEFAULTS = {
  vocabularySize: 32_000,
  nPositions: 131_072,
  nLayers: 32,
  width: 4096,
  nHeads: 32,
  nKeyHeads: 8,
  headWidth: null,
  innerWidth: 14_336,
  epsilon: 1e-6,
  head: 'own',
} as const;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);
