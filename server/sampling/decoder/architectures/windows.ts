// How far back the attention of each layer sees, as transformers' configurations tell it.

import type { ConfigFile } from '../config-file.ts';

type LayerType = 'full_attention' | 'sliding_attention';

/** A window by the number of its layer; null where a layer sees everything before. */
export type Windows = (layer: number) => number | null;

/** The kind of each layer's attention: as `layer_types` says, or where there is none as `otherwise` does. */
export function readLayerTypes(
  config: ConfigFile,
  nLayers: number,
  otherwise: (layer: number) => LayerType,
): readonly LayerType[] {
  const types = config.value('layer_types') ?? Array.from({ length: nLayers }, (_, i) => otherwise(i));
  if (!Array.isArray(types) || types.length !== nLayers || !types.every(isLayerType)) {
    const all = LAYER_TYPES.join(' or ');
    return config.fail(`"layer_types" should have one of ${all} for each of ${nLayers} layers`);
  }
  return types;
}

const LAYER_TYPES = ['full_attention', 'sliding_attention'] as const;
const isLayerType = (type: unknown): type is LayerType => LAYER_TYPES.some((one) => one === type);

/** Windows of the layers whose attention slides. */
export function windowsOf(
  config: ConfigFile,
  types: readonly LayerType[],
  window: number | null,
  nPositions: number,
): Windows {
  if (window === null && types.includes('sliding_attention'))
    config.fail('"layer_types" asks for sliding attention, and "sliding_window" does not say how wide it is');
  const shown = withinContext(window, nPositions);
  return (layer) => (types[layer] === 'sliding_attention' ? shown : null);
}

/** A window as wide as the context hides nothing. */
export const withinContext = (window: number | null, nPositions: number): number | null =>
  window === null || window >= nPositions ? null : window;
