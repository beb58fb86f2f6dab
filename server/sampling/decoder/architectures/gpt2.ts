// GPT-2: A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), with the variations
// that transformers' configuration names.

import type { Architecture } from '../architecture.ts';
import { gptNames } from './gpt-names.ts';
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

  names: (spec) => gptNames(spec, 'in-out', null),
};

const DEFAULTS = { vocabularySize: 50_257, nPositions: 1024, nLayers: 12, width: 768, nHeads: 12 };

/** Training, heads for other tasks, and how the first version counted its tokens. */
const WITHOUT_EFFECT = new Set(
  `attn_pdrop embd_pdrop resid_pdrop n_ctx n_special output_past predict_special_tokens
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj`.split(/\s+/),
);
