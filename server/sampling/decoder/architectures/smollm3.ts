// SmolLM3: E. Bakouch et al., "SmolLM3: smol, multilingual, long-context reasoner" (2025). LLaMA with some layers that
// know no positions (B. Yang et al., "RoPE to NoPE and Back Again", 2025).

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { llamaNames } from './llama-names.ts';
import { readAttentionBias, readLlama } from './read-llama.ts';
import { changeLayers } from './usual-spec.ts';
import { readLayerTypes, windowsOf } from './windows.ts';

export const smolLm3: Architecture = {
  modelTypes: ['smollm3'],
  prefix: 'model.',
  defaultTokens: { bos: 128_000, eos: 128_001 },
  names: (spec) => llamaNames(spec),

  read(config) {
    const usual = readLlama(config, DEFAULTS);
    const { nLayers, nPositions, attention, biases } = usual;
    const isRotated = readRotatedLayers(config, nLayers);
    const isAsked = config.flag('use_sliding_window', false);
    const window = config.optionalSize('sliding_window', null);
    const types = readLayerTypes(config, nLayers, (layer) =>
      isAsked && window !== null && !isRotated[layer] ? 'sliding_attention' : 'full_attention',
    );
    const windows = windowsOf(config, types, window, nPositions);
    const spec: DecoderShape = {
      ...usual,
      attention: changeLayers(attention, (layer) => ({
        window: windows(layer),
        ...(isRotated[layer] ? {} : { rotation: null }),
      })),
      biases: { ...biases, ...readAttentionBias(config), mlp: config.flag('mlp_bias', false) },
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },
};

/** Which layers know positions: as a list of 1 and 0 says, whatever its name, or all but every so many. */
function readRotatedLayers(config: ConfigFile, nLayers: number): readonly boolean[] {
  const interval = config.size('no_rope_layer_interval', 4);
  const list = config.value('no_rope_layers');
  if (list === null) return Array.from({ length: nLayers }, (_, layer) => (layer + 1) % interval !== 0);
  const isList =
    Array.isArray(list) && list.length === nLayers && list.every((one) => one === 0 || one === 1);
  if (!isList) return config.fail(`"no_rope_layers" should have 0 or 1 for each of ${nLayers} layers`);
  return list.map((one) => one === 1);
}

const DEFAULTS = {
  vocabularySize: 128_256,
  nPositions: 32_768,
  nLayers: 36,
  width: 2048,
  nHeads: 16,
  nKeyHeads: 4,
  headWidth: null,
  innerWidth: 11_008,
  epsilon: 1e-6,
  head: 'tied',
  rotary: { base: 2_000_000 },
} as const;

/** Training, how the products were once split over processors, and what `layer_types` says better. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'pretraining_tp', 'max_window_layers']);
