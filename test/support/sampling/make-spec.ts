// Descriptions of decoders that no configuration told: small ones, with whatever a test wants to be different.

import type {
  AttentionShape,
  DecoderSpec,
  LayerAttention,
  Rotation,
} from '../../../server/sampling/decoder/decoder-spec.ts';

type Sizes = Partial<Omit<DecoderSpec, 'attention' | 'mlp' | 'norm' | 'biases'>>;

export interface SpecChanges extends Sizes {
  readonly attention?: Partial<AttentionShape>;
  /** The attention of every layer, unless `attention.layers` is given. */
  readonly layer?: Partial<LayerAttention>;
  readonly mlp?: Partial<DecoderSpec['mlp']>;
  readonly norm?: Partial<DecoderSpec['norm']>;
  readonly biases?: Partial<DecoderSpec['biases']>;
}

/** Two layers of a modern decoder without rotary positions, and of whatever else is asked for. */
export function makeSpec(changes: SpecChanges = {}): DecoderSpec {
  const { attention, layer, mlp, norm, biases, ...sizes } = changes;
  const width = sizes.width ?? 32;
  const nLayers = sizes.nLayers ?? 2;
  const nHeads = attention?.nHeads ?? 4;
  const headWidth = attention?.headWidth ?? width / nHeads;
  return {
    vocabularySize: 300,
    nPositions: 96,
    bosToken: 299,
    eosTokens: [299],
    nLayers,
    width,
    embeddingWidth: width,
    embeddingScale: 1,
    positions: 'none',
    residual: 'sequential',
    residualScale: 1,
    lastNorm: 'there',
    head: 'tied',
    logits: { scale: 1, cap: null },
    ...sizes,
    attention: {
      nHeads,
      nKeyHeads: nHeads,
      headWidth,
      queryKeyNorm: null,
      scoreCap: null,
      layers: Array.from({ length: nLayers }, () => ({
        scale: 1 / Math.sqrt(headWidth),
        rotation: null,
        window: null,
        ...layer,
      })),
      ...attention,
    },
    mlp: { innerWidth: 3 * width, activation: 'silu', gated: true, ...mlp },
    norm: { kind: 'rms', epsilon: 1e-5, factor: 'weight', ...norm },
    biases: { norms: false, qkv: false, output: false, mlp: false, head: false, ...biases },
  };
}

/** Frequencies as the paper has them, for the first `width` values of a head. */
export function makeRotation(
  width: number,
  pairs: Rotation['pairs'] = 'halves',
  base = 10_000,
  factor = 1,
): Rotation {
  const frequencies = Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width));
  return { frequencies, pairs, factor };
}
