// GPT-NeoX: S. Black et al., "GPT-NeoX-20B: An Open-Source Autoregressive Language Model" (2022); Pythia and PolyCoder.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { ONE_FEED_FORWARD } from '../decoder-table.ts';
import { readRotation } from '../read-rotation.ts';
import { byHead } from './head-orders.ts';
import { normNames, outIn } from './llama-names.ts';
import { readAttentionBias, readHead } from './read-llama.ts';
import { readSizes } from './read-sizes.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';

export const gptNeoX: Architecture = {
  modelTypes: ['gpt_neox'],
  prefix: 'gpt_neox.',
  otherNames: { 'lm_head.weight': 'embed_out.weight' },
  defaultTokens: { bos: 0, eos: 2 },

  read(config) {
    const sizes = readSizes(config, DEFAULTS);
    if (sizes.width !== sizes.nHeads * sizes.headWidth || sizes.nKeyHeads !== sizes.nHeads)
      config.fail(`"hidden_size" (${sizes.width}) is not shared out evenly among ${sizes.nHeads} heads`);
    const rotation = readRotation(config, sizes, {
      baseKey: 'rotary_emb_base',
      share: { key: 'rotary_pct', otherwise: 0.25 },
    });
    const spec: DecoderShape = {
      ...USUAL,
      ...usualSizes(sizes, { rotation }),
      norm: layerNorm(config.positive('layer_norm_eps', 1e-5)),
      residual: config.flag('use_parallel_residual', true) ? 'parallel' : 'sequential',
      mlp: {
        innerWidth: config.size('intermediate_size', 24_576),
        activation: config.activation('hidden_act', 'gelu'),
        gated: false,
      },
      biases: { norms: true, ...readAttentionBias(config, true), mlp: true, head: false },
      head: readHead(config, 'own'),
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },

  names({ nLayers, attention, biases }) {
    const norm = (name: string) => normNames(name, true);
    const headOrder = byHead(attention.nHeads);
    return {
      embedding: 'embed_in.weight',
      embeddingProjection: null,
      positions: null,
      layers: Array.from({ length: nLayers }, (_, at) => {
        const own = (part: string) => `layers.${at}.${part}`;
        const linear = outIn(own('attention.query_key_value'), biases.qkv);
        return {
          attentionNorm: norm(own('input_layernorm')),
          qkv: { kind: 'joint', linear, headOrder },
          queryNorm: null,
          keyNorm: null,
          output: outIn(own('attention.dense'), biases.output),
          attentionEndNorm: null,
          mlpNorm: norm(own('post_attention_layernorm')),
          ...ONE_FEED_FORWARD,
          gate: null,
          up: outIn(own('mlp.dense_h_to_4h'), true),
          down: outIn(own('mlp.dense_4h_to_h'), true),
          mlpEndNorm: null,
        };
      }),
      finalNorm: norm('final_layer_norm'),
      headProjection: null,
      head: outIn('embed_out', false),
    };
  },
};

const DEFAULTS = {
  vocabularySize: 50_432,
  nPositions: 2048,
  nLayers: 44,
  width: 6144,
  nHeads: 64,
  nKeyHeads: null,
  headWidth: null,
};

/** Training, and heads for other tasks. */
const WITHOUT_EFFECT = new Set(
  `attention_dropout hidden_dropout classifier_dropout attention_probs_dropout_prob hidden_dropout_prob`.split(
    ' ',
  ),
);
