// StarCoder 2: A. Lozhkov et al., "StarCoder 2 and The Stack v2: The Next Generation" (2024).

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { readRotation } from '../read-rotation.ts';
import { llamaNames, outIn } from './llama-names.ts';
import { readHead } from './read-llama.ts';
import { readSizes } from './read-sizes.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';
import { withinContext } from './windows.ts';

export const starcoder2: Architecture = {
  modelTypes: ['starcoder2'],
  prefix: 'model.',
  defaultTokens: { bos: 50_256, eos: 50_256 },

  read(config) {
    const sizes = readSizes(config, DEFAULTS);
    const window = withinContext(config.optionalSize('sliding_window', null), sizes.nPositions);
    const hasBias = config.flag('use_bias', true);
    const spec: DecoderShape = {
      ...USUAL,
      ...usualSizes(sizes, { rotation: readRotation(config, sizes), window }),
      norm: layerNorm(config.positive('norm_epsilon', 1e-5)),
      mlp: {
        innerWidth: config.size('intermediate_size', 12_288),
        activation: config.activation('hidden_act', 'gelu_pytorch_tanh'),
        gated: false,
      },
      biases: { norms: true, qkv: hasBias, output: hasBias, mlp: hasBias, head: false },
      head: readHead(config, 'tied'),
    };
    config.refuseTheRest(WITHOUT_EFFECT, ONLY_WITHOUT_EFFECT);
    return spec;
  },

  names(spec) {
    const names = llamaNames(spec);
    const { mlp } = spec.biases;
    return {
      ...names,
      layers: names.layers.map((layer, at) => ({
        ...layer,
        gate: null,
        up: outIn(`layers.${at}.mlp.c_fc`, mlp),
        down: outIn(`layers.${at}.mlp.c_proj`, mlp),
      })),
    };
  },
};

const DEFAULTS = {
  vocabularySize: 49_152,
  nPositions: 4096,
  nLayers: 30,
  width: 3072,
  nHeads: 24,
  nKeyHeads: 2,
  headWidth: null,
};

/** Training. */
const WITHOUT_EFFECT = new Set(['attention_dropout', 'residual_dropout', 'embedding_dropout']);

/** Notes of the first files, for kinds that were never published. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['mlp_type', ['default']],
  ['norm_type', ['layer_norm']],
]);
