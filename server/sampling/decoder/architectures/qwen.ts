// Qwen 2 and 3: A. Yang et al., "Qwen2 Technical Report" (2024) and "Qwen3 Technical Report" (2025). The second has norms
// of queries and keys, and biases only if asked for.

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { AttentionShape, DecoderShape } from '../decoder-spec.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';
import { readLayerTypes, windowsOf } from './windows.ts';

export const qwen2: Architecture = {
  modelTypes: ['qwen2'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: null },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, { ...DEFAULTS, headWidth: null, biases: { qkv: true } });
    const spec: DecoderShape = { ...usual, attention: readWindows(config, usual) };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },
};

export const qwen3: Architecture = {
  modelTypes: ['qwen3'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: null },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, { ...DEFAULTS, headWidth: 128 });
    const spec: DecoderShape = {
      ...usual,
      attention: { ...readWindows(config, usual), queryKeyNorm: 'head' },
      biases: { ...usual.biases, ...readAttentionBias(config) },
    };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },
};

/** Attention with a window in the last layers, if it is asked for at all. */
function readWindows(config: ConfigFile, { nLayers, nPositions, attention }: DecoderShape): AttentionShape {
  const isAsked = config.flag('use_sliding_window', false);
  const wide = config.optionalSize('sliding_window', 4096);
  const first = config.count('max_window_layers', 28);
  const window = isAsked ? wide : null;
  const types = readLayerTypes(config, nLayers, (layer) =>
    window !== null && layer >= first ? 'sliding_attention' : 'full_attention',
  );
  const windows = windowsOf(config, types, window, nPositions);
  return changeLayers(attention, (layer) => ({ window: windows(layer) }));
}

const DEFAULTS = {
  vocabularySize: 151_936,
  nPositions: 32_768,
  nLayers: 32,
  width: 4096,
  nHeads: 32,
  nKeyHeads: 32,
  innerWidth: 22_016,
  epsilon: 1e-6,
  head: 'own',
} as const;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);

/** Positions of pictures, which a model of texts has not. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([['use_mrope', [false]]]);
