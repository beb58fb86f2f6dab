// Gemma: Gemma Team, "Gemma: Open Models Based on Gemini Research and Technology" (2024), and what all of its versions
// have in common: scaled embeddings, norms that multiply by one more than their weights, a gate of GELU.

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { llamaNames } from './llama-names.ts';
import { type LlamaDefaults, readAttentionBias, readLlama } from './read-llama.ts';

export const gemma: Architecture = {
  modelTypes: ['gemma'],
  prefix: 'model.',
  defaultTokens: { bos: 2, eos: 1 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readGemma(config, DEFAULTS);
    // The first files say GELU, and were trained with its approximation.
    const { activation } = usual.mlp;
    const spec: DecoderShape = {
      ...usual,
      mlp: { ...usual.mlp, activation: activation === 'gelu' ? 'tanh-gelu' : activation },
    };
    config.refuseTheRest(new Set([...GEMMA_WITHOUT_EFFECT, 'hidden_activation']), GEMMA_ONLY_WITHOUT_EFFECT);
    return spec;
  },
};

export function readGemma(
  config: ConfigFile,
  defaults: LlamaDefaults,
  rotations?: 'by-layer-type',
): DecoderShape {
  const usual = readLlama(config, defaults, rotations);
  return {
    ...usual,
    embeddingScale: Math.fround(Math.sqrt(usual.width)),
    norm: { ...usual.norm, factor: 'weight-and-one' },
    biases: { ...usual.biases, ...readAttentionBias(config) },
  };
}

const DEFAULTS = {
  vocabularySize: 256_000,
  nPositions: 8192,
  nLayers: 28,
  width: 3072,
  nHeads: 16,
  nKeyHeads: 16,
  headWidth: 256,
  innerWidth: 24_576,
  epsilon: 1e-6,
  head: 'tied',
  activation: { key: 'hidden_act', name: 'gelu_pytorch_tanh' },
} as const;

/** Training, and how other programs keep their past. */
export const GEMMA_WITHOUT_EFFECT = ['attention_dropout', 'cache_implementation'] as const;

/** With another value a token would see those behind it. */
export const GEMMA_ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['use_bidirectional_attention', [false]],
]);
