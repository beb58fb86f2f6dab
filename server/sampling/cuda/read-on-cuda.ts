// Opens a card to read whole texts: nothing that it says is used before it was proved on the very weights.

import { EnvironmentError } from '../../errors.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import type { Measured } from '../forms/map/measured.ts';
import type { TextRow } from './lay-texts.ts';
import { proveTexts } from './prove-texts.ts';
import { type ReadingSize, TextDecoder } from './text-decoder.ts';

export interface CudaReader {
  readonly read: (rows: readonly TextRow[]) => Measured;
  /** The largest difference of an operation from plain arithmetic, relative to the size of what it gives. */
  readonly worst: number;
}

/** Throws an EnvironmentError for a card that computes something else than the model's files say. */
export function openCudaReader(
  model: DecoderModel,
  rule: DrawingRule,
  size: ReadingSize,
  deviceId: number,
): CudaReader {
  const decoder = new TextDecoder(model, rule, size, deviceId);
  const { wrong, worst } = proveTexts(decoder, model, rule);
  if (wrong === null) return { read: (rows) => decoder.read(rows), worst };
  throw new EnvironmentError(`The card computes something else than the model's files say: ${wrong}`, {
    action: 'Update the driver, or choose another provider.',
  });
}
