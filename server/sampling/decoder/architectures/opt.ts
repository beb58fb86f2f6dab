// OPT: S. Zhang et al., "OPT: Open Pre-trained Transformer Language Models" (2022). Positions behind two that nothing
// reads; norms before, or in one size of it behind the sums; embeddings that may be narrower than the layers.

import type { Architecture } from '../architecture.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { decoderNames, FAIRSEQ_TRAINING } from './fairseq-names.ts';
import { outIn } from './llama-names.ts';
import { readHead } from './read-llama.ts';
import { readSizes } from './read-sizes.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';

export const opt: Architecture = {
  modelTypes: ['opt'],
  prefix: 'model.decoder.',
  otherPrefixes: ['decoder.'],
  defaultTokens: { bos: 2, eos: 2 },

  read(config) {
    const sizes = readSizes(config, DEFAULTS);
    if (sizes.width !== sizes.nHeads * sizes.headWidth)
      config.fail(`"hidden_size" (${sizes.width}) is not shared out evenly among ${sizes.nHeads} heads`);
    const hasBias = config.flag('enable_bias', true);
    const isBefore = config.flag('do_layer_norm_before', true);
    const hasLastNorm = isBefore && !config.flag('_remove_final_layer_norm', false);
    const spec: DecoderShape = {
      ...USUAL,
      ...usualSizes(sizes),
      embeddingWidth: config.size('word_embed_proj_dim', sizes.width),
      positions: 'learned',
      norm: layerNorm(1e-5),
      residual: isBefore ? 'sequential' : 'norm-of-sum',
      lastNorm: hasLastNorm ? 'there' : 'none',
      mlp: {
        innerWidth: config.size('ffn_dim', 3072),
        activation: config.activation('activation_function', 'relu'),
        gated: false,
      },
      biases: { norms: true, qkv: hasBias, output: hasBias, mlp: hasBias, head: false },
      head: readHead(config, 'tied'),
    };
    config.refuseTheRest(FAIRSEQ_TRAINING, ONLY_WITHOUT_EFFECT);
    return spec;
  },

  names(spec) {
    const isProjected = spec.embeddingWidth !== spec.width;
    const positions = { name: 'embed_positions.weight', firstRow: 2, nRows: spec.nPositions + 2 };
    return {
      ...decoderNames(spec, 'final_layer_norm'),
      positions,
      embeddingProjection: isProjected ? outIn('project_in', false) : null,
      headProjection: isProjected ? outIn('project_out', false) : null,
    };
  },
};

const DEFAULTS = {
  vocabularySize: 50_272,
  nPositions: 2048,
  nLayers: 12,
  width: 768,
  nHeads: 12,
  nKeyHeads: null,
  headWidth: null,
};

/** Norms without weights were never published. */
const ONLY_WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['layer_norm_elementwise_affine', [true]],
]);
