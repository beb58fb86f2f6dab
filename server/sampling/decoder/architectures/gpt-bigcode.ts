// GPTBigCode: L. Ben Allal et al., "SantaCoder: don't reach for the stars!" (2023). GPT-2 with one head of keys and values
// for all queries, or with as many.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { gptNames } from './gpt-names.ts';
import { byHead } from './head-orders.ts';
import { readHead } from './read-llama.ts';
import { readGptSizes } from './read-sizes.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';

export const gptBigCode: Architecture = {
  modelTypes: ['gpt_bigcode'],
  prefix: 'transformer.',
  defaultTokens: { bos: 50_256, eos: 50_256 },

  read(config) {
    const sizes = readGptSizes(config, DEFAULTS);
    const nKeyHeads = config.flag('multi_query', true) ? 1 : sizes.nHeads;
    const isScaled = config.flag('scale_attn_weights', true);
    const scale = isScaled ? 1 / Math.sqrt(sizes.headWidth) : 1;
    const spec: DecoderShape = {
      ...USUAL,
      ...usualSizes({ ...sizes, nKeyHeads }, { scale }),
      positions: 'learned',
      norm: layerNorm(config.positive('layer_norm_epsilon', 1e-5)),
      mlp: {
        innerWidth: config.size('n_inner', 4 * sizes.width),
        activation: config.activation('activation_function', 'gelu_pytorch_tanh'),
        gated: false,
      },
      biases: { norms: true, qkv: true, output: true, mlp: true, head: false },
      head: readHead(config, 'tied'),
    };
    config.refuseTheRest(WITHOUT_EFFECT);
    return spec;
  },

  names(spec) {
    const { nHeads, nKeyHeads } = spec.attention;
    // With one key head what is projected lies in the usual order; otherwise head after head.
    return gptNames(spec, 'out-in', nKeyHeads === 1 && nHeads > 1 ? null : byHead(nHeads));
  },
};

const DEFAULTS = { vocabularySize: 50_257, nPositions: 1024, nLayers: 12, width: 768, nHeads: 12 };

/** Training, the precision of scores, which is 32 bits here always, and memory of another program. */
const WITHOUT_EFFECT = new Set(
  `attn_pdrop embd_pdrop resid_pdrop attention_softmax_in_fp32 scale_attention_softmax_in_fp32
  num_key_value_heads inference_runner max_batch_size max_sequence_length pad_key_length pre_allocate_kv_cache
  runner_max_sequence_length validate_runner_input n_ctx
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj`.split(/\s+/),
);
