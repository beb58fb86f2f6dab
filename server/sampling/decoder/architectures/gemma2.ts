// Gemma 2 and 3 (text): Gemma Team, "Gemma 2: Improving Open Language Models at a Practical Size" (2024) and "Gemma 3
// Technical Report" (2025). Norms on both sides of attention and the gate, windows in some layers; the second version
// caps scores and logits, the third has norms of queries and keys instead.

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { readRotationsByLayerType } from '../read-rotation.ts';
import { GEMMA_ONLY_WITHOUT_EFFECT, GEMMA_WITHOUT_EFFECT, readGemma } from './gemma.ts';
import { llamaNames } from './llama-names.ts';
import { changeLayers } from './usual-spec.ts';
import { readLayerTypes, windowsOf } from './windows.ts';

export const gemma2: Architecture = {
  modelTypes: ['gemma2'],
  prefix: 'model.',
  defaultTokens: { bos: 2, eos: 1 },
  names: (spec) => llamaNames(spec, NORMS),

  read(config) {
    const usual = readGemma(config, { ...DEFAULTS, vocabularySize: 256_000, nPositions: 8192 });
    const { windows, scale } = readLayers(config, usual, 2);
    const spec: DecoderShape = {
      ...usual,
      attention: {
        ...changeLayers(usual.attention, (layer) => ({ scale, window: windows(layer) })),
        scoreCap: config.optionalPositive('attn_logit_softcapping', 50),
      },
      residual: 'norm-around',
      logits: { scale: 1, cap: config.optionalPositive('final_logit_softcapping', 30) },
    };
    refuseTheRest(config);
    return spec;
  },
};

export const gemma3: Architecture = {
  modelTypes: ['gemma3_text'],
  prefix: 'model.',
  defaultTokens: { bos: 2, eos: 1 },
  names: (spec) => llamaNames(spec, NORMS),

  read(config) {
    const usual = readGemma(
      config,
      { ...DEFAULTS, vocabularySize: 262_208, nPositions: 131_072 },
      'by-layer-type',
    );
    const { types, windows, scale } = readLayers(config, usual, config.size('sliding_window_pattern', 6));
    const rotations = readRotationsByLayerType(
      config,
      { ...usual.attention, nPositions: usual.nPositions },
      { full: 1_000_000, sliding: config.positive('rope_local_base_freq', 10_000) },
    );
    const spec: DecoderShape = {
      ...usual,
      attention: {
        ...changeLayers(usual.attention, (layer) => ({
          scale,
          window: windows(layer),
          rotation: types[layer] === 'full_attention' ? rotations.full : rotations.sliding,
        })),
        queryKeyNorm: 'head',
      },
      residual: 'norm-around',
      logits: { scale: 1, cap: config.optionalPositive('final_logit_softcapping', null) },
    };
    refuseTheRest(config);
    return spec;
  },
};

/** Every `pattern`th layer sees everything before; scores have a scale of their own. */
function readLayers(config: ConfigFile, { nLayers, nPositions }: DecoderShape, pattern: number) {
  const types = readLayerTypes(config, nLayers, (layer) =>
    (layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
  );
  const window = config.optionalSize('sliding_window', 4096);
  return {
    types,
    windows: windowsOf(config, types, window, nPositions),
    scale: 1 / Math.sqrt(config.positive('query_pre_attn_scalar', 256)),
  };
}

const NORMS = {
  attention: 'input_layernorm',
  attentionEnd: 'post_attention_layernorm',
  mlp: 'pre_feedforward_layernorm',
  mlpEnd: 'post_feedforward_layernorm',
};

const DEFAULTS = {
  nLayers: 26,
  width: 2304,
  nHeads: 8,
  nKeyHeads: 4,
  headWidth: 256,
  innerWidth: 9216,
  epsilon: 1e-6,
  head: 'tied',
  activation: { key: 'hidden_activation', name: 'gelu_pytorch_tanh' },
} as const;

/** The name of the activation that the first files had stands beside the one that counts. */
function refuseTheRest(config: ConfigFile): void {
  config.refuseTheRest(
    new Set([...GEMMA_WITHOUT_EFFECT, 'hidden_act', 'sliding_window_size']),
    GEMMA_ONLY_WITHOUT_EFFECT,
  );
}
