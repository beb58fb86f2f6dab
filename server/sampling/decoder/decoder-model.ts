// A model as every graph form takes it: plain data, which is sent to threads and processes as it is.

import type { DecoderSpec } from './decoder-spec.ts';
import type { DecoderWeights } from './decoder-weights.ts';
import type { Int8Weights } from './int8-weights.ts';
import type { PackedWeights } from './packed-weights.ts';

export interface DecoderModel {
  readonly config: DecoderSpec;
  readonly weights: DecoderWeights;
  /** The folder that every weight's place is told relative to: the session must be given the same. */
  readonly weightFolder: string;
  /** What the layers compute in; embeddings' sum and logits are 32-bit always. Left out: 32 bits. */
  readonly precision?: Precision;
  /**
   * Who turns matrices that lie [out, in]: left out, nodes that are folded when a session starts; `products` on the processor,
   * where a product reads them so, and nothing is held twice.
   */
  readonly turnedBy?: 'products';
  /** Products with weights are in 8 bits then, of rows of float32 in two dimensions. Left out: `precision`. */
  readonly int8?: Int8Weights;
  /** Products with these weights are in the few bits that they are stored in. */
  readonly packed?: PackedWeights;
}

export type Precision = 'float32' | 'float16';
