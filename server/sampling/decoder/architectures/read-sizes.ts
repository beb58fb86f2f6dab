// The sizes that nearly every configuration tells, by the two sets of names that transformers' configurations have.

import { type ConfigFile, MOST_HEAD_WIDTH, MOST_LAYERS } from '../config-file.ts';

export interface Sizes {
  readonly vocabularySize: number;
  readonly nPositions: number;
  readonly nLayers: number;
  readonly width: number;
  readonly nHeads: number;
  readonly nKeyHeads: number;
  readonly headWidth: number;
}

/** What a configuration means that says nothing; null where that follows from others. */
export interface DefaultSizes extends Omit<Sizes, 'nKeyHeads' | 'headWidth'> {
  /** Null for as many as heads of queries. */
  readonly nKeyHeads: number | null;
  /** The width shared out among the heads, where it is null. */
  readonly headWidth: number | null;
}

/** Names as BERT has them, and LLaMA and most since. */
export function readSizes(config: ConfigFile, defaults: DefaultSizes): Sizes {
  const width = config.size('hidden_size', defaults.width);
  const nHeads = config.size('num_attention_heads', defaults.nHeads);
  const nKeyHeads = config.optionalSize('num_key_value_heads', defaults.nKeyHeads) ?? nHeads;
  if (nHeads % nKeyHeads !== 0)
    config.fail(`"num_attention_heads" (${nHeads}) is not divisible by "num_key_value_heads" (${nKeyHeads})`);
  const headWidth = config.optionalSize('head_dim', defaults.headWidth, MOST_HEAD_WIDTH);
  return {
    vocabularySize: config.size('vocab_size', defaults.vocabularySize),
    nPositions: config.size('max_position_embeddings', defaults.nPositions),
    nLayers: config.size('num_hidden_layers', defaults.nLayers, MOST_LAYERS),
    width,
    nHeads,
    nKeyHeads,
    headWidth: headWidth ?? Math.floor(width / nHeads),
  };
}

/** Names as GPT has them; all heads together are as wide as the stream. */
export function readGptSizes(
  config: ConfigFile,
  defaults: Omit<DefaultSizes, 'nKeyHeads' | 'headWidth'>,
): Sizes {
  const width = config.size('n_embd', defaults.width);
  const nHeads = config.size('n_head', defaults.nHeads);
  if (width % nHeads !== 0) config.fail(`"n_embd" (${width}) is not divisible by "n_head" (${nHeads})`);
  return {
    vocabularySize: config.size('vocab_size', defaults.vocabularySize),
    nPositions: config.size('n_positions', defaults.nPositions),
    nLayers: config.size('n_layer', defaults.nLayers, MOST_LAYERS),
    width,
    nHeads,
    nKeyHeads: nHeads,
    headWidth: width / nHeads,
  };
}
