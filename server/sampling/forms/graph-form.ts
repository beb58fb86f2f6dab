// The forms that a model's graph can take, and their names, which are part of a sample's key: samples are equal bit
// for bit only under the same form on the same provider. Loads nothing of the runtime, so it can be asked where
// there is none.

import { BLOCK_POSITIONS, SEGMENT_POSITIONS } from './cached/cached-attention.ts';
import { nameDeviceForm, type SizedDeviceForm } from './device/device-form.ts';

/** The whole generation loop in one graph, or a graph made elsewhere that is run for every token: the CPU's forms. */
export type ProcessorForm =
  | { readonly kind: 'cached' }
  | { readonly kind: 'exported'; readonly rows: RowsAtOnce };

/** Rows run alone in a graph in which they would influence each other. */
export type RowsAtOnce = 'together' | 'alone';

export type GraphForm = ProcessorForm | SizedDeviceForm;

/** `products` is what the products with weights are computed in; left out: floats. */
export function nameForm(form: GraphForm, products?: 'int8' | 'packed'): string {
  switch (form.kind) {
    case 'cached': {
      const loop = `loop-${SEGMENT_POSITIONS}-${BLOCK_POSITIONS}`;
      return products === undefined ? loop : `${loop}-${products}`;
    }
    case 'exported':
      return form.rows === 'alone' ? 'exported-alone' : 'exported-step';
    default:
      return nameDeviceForm(form, form.size.nRows);
  }
}

/** Hears the logits that a graph gives beside its tokens, to compare devices or models by. */
export type LogitsListener = (logits: Float32Array) => void;
