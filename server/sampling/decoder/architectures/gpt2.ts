// GPT-2: A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), with the variations
// that transformers' configuration names.

import { MOST_LAYERS } from '../config-file.ts';
import type { DecoderSpec } from '../decoder-spec.ts';
import type { LinearNames, NormNames } from '../decoder-table.ts';
import type { Architecture } from './architecture.ts';

export const gpt2: Architecture = {
  modelTypes: ['gpt2'],
  prefix: 'transformer.',

  read(config): DecoderSpec {
    const width = config.size('n_embd', 768);
    const nHeads = config.size('n_head', 12);
    if (width % nHeads !== 0) {
      config.fail(`"n_embd" (${width}) is not divisible by "n_head" (${nHeads})`);
    }
    const vocabularySize = config.size('vocab_size', 50257);
    const nLayers = config.size('n_layer', 12, MOST_LAYERS);
    const baseScale = config.flag('scale_attn_weights', true) ? 1 / Math.sqrt(width / nHeads) : 1;
    const byLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
    // Attention is always computed in 32 bits, which is what this flag asks for.
    config.flag('reorder_and_upcast_attn', false);
    const hasBias = config.flag('bias', true);
    const [bosToken] = config.tokens('bos_token_id', vocabularySize, 50256);
    const spec: DecoderSpec = {
      vocabularySize,
      nPositions: config.size('n_positions', 1024),
      bosToken:
        bosToken ?? config.fail('"bos_token_id" is missing, so there is nothing to start a sample from'),
      eosTokens: config.tokens('eos_token_id', vocabularySize, 50256),
      nLayers,
      width,
      attention: {
        nHeads,
        nKeyHeads: nHeads,
        headWidth: width / nHeads,
        queryKeyNorm: null,
        layers: Array.from({ length: nLayers }, (_, layer) => ({
          scale: baseScale / (byLayer ? layer + 1 : 1),
          rotation: null,
          window: null,
        })),
      },
      positions: 'learned',
      norm: { kind: 'layer', epsilon: config.positive('layer_norm_epsilon', 1e-5) },
      residual: 'sequential',
      mlp: {
        innerWidth: config.size('n_inner', 4 * width),
        activation: config.activation('activation_function', 'gelu_new'),
        gated: false,
      },
      biases: { norms: hasBias, qkv: hasBias, output: hasBias, mlp: hasBias, head: false },
      head: config.flag('tie_word_embeddings', true) ? 'tied' : 'own',
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },

  names({ nLayers, biases }) {
    const norm = (name: string): NormNames => ({
      scale: `${name}.weight`,
      shift: biases.norms ? `${name}.bias` : null,
    });
    const linear = (name: string): LinearNames => ({
      weight: `${name}.weight`,
      layout: 'in-out',
      bias: biases.mlp ? `${name}.bias` : null,
    });
    return {
      embedding: 'wte.weight',
      positions: 'wpe.weight',
      layers: Array.from({ length: nLayers }, (_, layer) => ({
        attentionNorm: norm(`h.${layer}.ln_1`),
        qkv: { kind: 'joint', linear: linear(`h.${layer}.attn.c_attn`), headOrder: null },
        queryNorm: null,
        keyNorm: null,
        output: linear(`h.${layer}.attn.c_proj`),
        mlpNorm: norm(`h.${layer}.ln_2`),
        gate: null,
        up: linear(`h.${layer}.mlp.c_fc`),
        down: linear(`h.${layer}.mlp.c_proj`),
      })),
      finalNorm: norm('ln_f'),
      head: { weight: 'lm_head.weight', layout: 'out-in', bias: null },
    };
  },
};

/** Training, and heads for other tasks. */
const WITHOUT_EFFECT = new Set(
  `attn_pdrop embd_pdrop resid_pdrop n_ctx output_past predict_special_tokens
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj`.split(/\s+/),
);
