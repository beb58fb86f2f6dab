// The forms in which graphics processors read whole texts, and their names, which are part of what is said of a map. Loads
// nothing of the runtime.

import { EnvironmentError } from '../../../errors.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { chooseDeviceForm, type DeviceProvider } from './device-form.ts';

export type ReadingForm =
  /** Kernels of our own: texts lie behind each other in a stream of `nPositions`, each of `longest` at the most. */
  | { readonly kind: 'cuda'; readonly nPositions: number; readonly longest: number }
  /** The map's graph, of about so many positions: as many rows of one shape, filled up where a batch has fewer. */
  | { readonly kind: 'graph'; readonly nPositions: number };

/** The longest stream: more were no faster, and kernels count rows in 16 bits. */
export const MAX_STREAM = 65_472;
/** Positions of a run by graph: its logits must fit one buffer of the device. */
const GRAPH_POSITIONS = 1024;

/**
 * Throws where the provider has no form for this model. `batch` are rows of the longest that are read at once; `streamOf`
 * gives the length of a stream that a card has memory for.
 */
export function chooseReadingForm(
  provider: DeviceProvider,
  spec: DecoderSpec,
  longest: number,
  batch: number | 'auto',
  streamOf: () => number,
): ReadingForm {
  if (provider === 'dml' || provider === 'coreml') {
    throw new EnvironmentError('it has no form to read whole texts', { action: 'Choose the provider cpu.' });
  }
  chooseDeviceForm(provider, spec); // which refuses what the provider has no form for
  if (provider === 'webgpu') {
    const nPositions = batch === 'auto' ? Math.max(longest, GRAPH_POSITIONS) : batch * longest;
    return { kind: 'graph', nPositions };
  }
  if (longest > MAX_STREAM) {
    throw new EnvironmentError(
      `CUDA's kernels read texts of up to ${MAX_STREAM} tokens, and pieces of ${longest} are asked for`,
      { action: 'Choose a shorter context, or the provider cpu.' },
    );
  }
  return { kind: 'cuda', nPositions: streamOf(), longest };
}

/** Changes whenever the kernels round differently. */
const TEXT_KERNELS = 1;

/** The size is part of the name: a matrix product of another height may round differently. */
export const nameReadingForm = (form: ReadingForm): string =>
  form.kind === 'cuda'
    ? `texts-cuda-${TEXT_KERNELS}-float16-positions-${form.nPositions}`
    : `map-float32-positions-${form.nPositions}`;
