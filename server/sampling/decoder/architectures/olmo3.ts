// OLMo 3: Team OLMo, "OLMo 3" (2025). OLMo 2 with windows in three of four layers, whose rotation is never stretched.

import type { Architecture } from '../architecture.ts';
import { readRotationsByLayerType } from '../read-rotation.ts';
import { llamaNames } from './llama-names.ts';
import { OLMO_DEFAULTS, OLMO_NORMS } from './olmo2.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';
import { readLayerTypes, windowsOf } from './windows.ts';

export const olmo3: Architecture = {
  modelTypes: ['olmo3'],
  prefix: 'model.',
  defaultTokens: { bos: null, eos: 50_279 },
  names: (spec) => llamaNames(spec, OLMO_NORMS),

  read(config) {
    const usual = readLlama(config, OLMO_DEFAULTS, 'by-layer-type');
    const { nLayers, nPositions, attention } = usual;
    const types = readLayerTypes(config, nLayers, (layer) =>
      (layer + 1) % 4 === 0 ? 'full_attention' : 'sliding_attention',
    );
    const windows = windowsOf(config, types, config.optionalSize('sliding_window', 4096), nPositions);
    // A base that stands beside `rope_parameters` is that of layers without a window alone, in transformers too.
    const rotations = readRotationsByLayerType(
      config,
      { ...attention, nPositions },
      { full: BASE, sliding: BASE },
    );
    const spec = {
      ...usual,
      attention: {
        ...changeLayers(attention, (layer) => ({
          window: windows(layer),
          rotation: types[layer] === 'full_attention' ? rotations.full : rotations.sliding,
        })),
        queryKeyNorm: 'all',
      },
      residual: 'norm-after',
      biases: { ...usual.biases, ...readAttentionBias(config) },
    } as const;
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

const BASE = 500_000;

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout']);
