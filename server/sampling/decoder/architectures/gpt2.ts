// GPT-2: A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), with the variations
// that transformers' configuration names.

import type { LinearNames, NormNames } from '../decoder-table.ts';
import type { Architecture } from './architecture.ts';
import { readHead } from './read-llama.ts';
import { readGptSizes } from './read-sizes.ts';
import { changeLayers, layerNorm, USUAL, usualSizes } from './usual-spec.ts';

export const gpt2: Architecture = {
  modelTypes: ['gpt2'],
  prefix: 'transformer.',
  defaultTokens: { bos: 50_256, eos: 50_256 },

  read(config) {
    const sizes = readGptSizes(config, DEFAULTS);
    const { width, headWidth } = sizes;
    const usual = usualSizes(sizes);
    const scale = config.flag('scale_attn_weights', true) ? 1 / Math.sqrt(headWidth) : 1;
    const byLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
    // Attention is always computed in 32 bits, which is what this flag asks for.
    config.flag('reorder_and_upcast_attn', false);
    const hasBias = config.flag('bias', true);
    const spec = {
      ...USUAL,
      ...usual,
      attention: changeLayers(usual.attention, (layer) => ({ scale: scale / (byLayer ? layer + 1 : 1) })),
      positions: 'learned',
      norm: layerNorm(config.positive('layer_norm_epsilon', 1e-5)),
      mlp: {
        innerWidth: config.size('n_inner', 4 * width),
        activation: config.activation('activation_function', 'gelu_new'),
        gated: false,
      },
      biases: { norms: hasBias, qkv: hasBias, output: hasBias, mlp: hasBias, head: false },
      head: readHead(config, 'tied'),
    } as const;
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
      embeddingProjection: null,
      positions: 'wpe.weight',
      layers: Array.from({ length: nLayers }, (_, layer) => ({
        attentionNorm: norm(`h.${layer}.ln_1`),
        qkv: { kind: 'joint', linear: linear(`h.${layer}.attn.c_attn`), headOrder: null },
        queryNorm: null,
        keyNorm: null,
        output: linear(`h.${layer}.attn.c_proj`),
        attentionEndNorm: null,
        mlpNorm: norm(`h.${layer}.ln_2`),
        gate: null,
        up: linear(`h.${layer}.mlp.c_fc`),
        down: linear(`h.${layer}.mlp.c_proj`),
        mlpEndNorm: null,
      })),
      finalNorm: norm('ln_f'),
      headProjection: null,
      head: { weight: 'lm_head.weight', layout: 'out-in', bias: null },
    };
  },
};

const DEFAULTS = { vocabularySize: 50_257, nPositions: 1024, nLayers: 12, width: 768, nHeads: 12 };

/** Training, heads for other tasks, and how the first version counted its tokens. */
const WITHOUT_EFFECT = new Set(
  `attn_pdrop embd_pdrop resid_pdrop n_ctx n_special output_past predict_special_tokens
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj`.split(/\s+/),
);
