// LLaMA: H. Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023), with the variations that
// transformers' configuration names.

import type { Architecture } from '../architecture.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';

export const llama: Architecture = {
  modelTypes: ['llama'],
  prefix: 'model.',
  defaultTokens: { bos: 1, eos: 2 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, LLAMA_DEFAULTS);
    const mlp = config.flag('mlp_bias', false);
    const spec = { ...usual, biases: { ...usual.biases, ...readAttentionBias(config), mlp } };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },
};

export const LLAMA_DEFAULTS = {
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

/** Training, how the products were once split over processors, and notes of other programs. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'pretraining_tp', 'transformers.js_config']);

/** Notes of converters about files of other layouts. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['is_llama_config', [true]],
  ['rope_interleaved', [false]],
]);
