// What most decoders have in common, so that an architecture's file says only what is its own.

import type { AttentionShape, DecoderShape, LayerAttention, NormSpec } from '../decoder-spec.ts';
import type { Sizes } from './read-sizes.ts';

/** No scalings, no caps, no positions but in attention. */
export const USUAL = {
  embeddingScale: 1,
  positions: 'none',
  residual: 'sequential',
  residualScale: 1,
  lastNorm: 'there',
  logits: { scale: 1, cap: null },
} as const satisfies Partial<DecoderShape>;

/** The sizes of a spec, and attention of which all layers' is alike. */
export function usualSizes(
  { nHeads, nKeyHeads, headWidth, ...sizes }: Sizes,
  layer: Partial<LayerAttention> = {},
): Pick<
  DecoderShape,
  'vocabularySize' | 'nPositions' | 'nLayers' | 'width' | 'embeddingWidth' | 'attention'
> {
  const attention: AttentionShape = {
    nHeads,
    nKeyHeads,
    headWidth,
    queryKeyNorm: null,
    scoreCap: null,
    layers: Array.from({ length: sizes.nLayers }, () => ({
      scale: 1 / Math.sqrt(headWidth),
      rotation: null,
      window: null,
      ...layer,
    })),
  };
  return { ...sizes, embeddingWidth: sizes.width, attention };
}

/** Some property of each layer's attention by its number. */
export const changeLayers = (
  attention: AttentionShape,
  change: (layer: number) => Partial<LayerAttention>,
): AttentionShape => ({
  ...attention,
  layers: attention.layers.map((one, layer) => ({ ...one, ...change(layer) })),
});

export const layerNorm = (epsilon: number): NormSpec => ({ kind: 'layer', epsilon, factor: 'weight' });

export const rmsNorm = (epsilon: number): NormSpec => ({ kind: 'rms', epsilon, factor: 'weight' });
