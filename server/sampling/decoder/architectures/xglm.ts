// XGLM: X. V. Lin et al., "Few-shot Learning with Multilingual Language Models" (2021); InCoder. Positions are sines and
// cosines that no file holds.

import type { Architecture } from '../architecture.ts';
import { MOST_LAYERS, MOST_WIDTH } from '../config-file.ts';
import type { DecoderShape } from '../decoder-spec.ts';
import { makeSinusoids } from '../sinusoids.ts';
import { decoderNames, FAIRSEQ_TRAINING } from './fairseq-names.ts';
import { readHead } from './read-llama.ts';
import { layerNorm, USUAL, usualSizes } from './usual-spec.ts';

/** The first position's number: those before it stood for padding. */
const FIRST_POSITION = 2;

export const xglm: Architecture = {
  modelTypes: ['xglm'],
  prefix: 'model.',
  defaultTokens: { bos: 0, eos: 2 },
  names: (spec) => decoderNames(spec, 'layer_norm'),

  read(config) {
    const width = config.size('d_model', 1024, MOST_WIDTH);
    const nHeads = config.size('attention_heads', 16);
    if (width % nHeads !== 0 || width % 2 !== 0 || width < 4)
      config.fail(`"d_model" (${width}) is not even, or not divisible by "attention_heads" (${nHeads})`);
    const sizes = {
      vocabularySize: config.size('vocab_size', 256_008),
      nPositions: config.size('max_position_embeddings', 2048),
      nLayers: config.size('num_layers', 24, MOST_LAYERS),
      width,
      nHeads,
      nKeyHeads: nHeads,
      headWidth: width / nHeads,
    };
    const spec: DecoderShape = {
      ...USUAL,
      ...usualSizes(sizes),
      embeddingScale: config.flag('scale_embedding', true) ? Math.sqrt(width) : 1,
      positions: makeSinusoids(width, FIRST_POSITION),
      norm: layerNorm(1e-5),
      mlp: {
        innerWidth: config.size('ffn_dim', 4096),
        activation: config.activation('activation_function', 'gelu'),
        gated: false,
      },
      biases: { norms: true, qkv: true, output: true, mlp: true, head: false },
      head: readHead(config, 'tied'),
    };
    config.refuseTheRest(FAIRSEQ_TRAINING);
    return spec;
  },
};
