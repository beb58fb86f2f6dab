// Opens a device to read whole texts with: rows of training data in, and what is kept of their wanted tokens.

import { Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { ReadingForm } from '../forms/device/reading-form.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import { mapBatch, openMapper } from '../forms/map/map-batch.ts';
import { shareOut } from '../forms/map/measured.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { SessionSettings } from '../onnx/session.ts';
import { rowsOfRun } from './rows-of-run.ts';

export type ReadRows = (rows: readonly MapRow[]) => Promise<readonly MapRowResult[]>;

export async function openReader(
  model: DecoderModel,
  rule: DrawingRule,
  form: ReadingForm,
  session: SessionSettings,
): Promise<ReadRows> {
  if (form.kind === 'cuda') {
    // Loaded only now: it loads the libraries of a system that most users do not have.
    const { openCudaReader } = await import('../cuda/read-on-cuda.ts');
    const size = { nRows: form.nPositions, longest: form.longest };
    const { read } = openCudaReader(model, rule, size, session.deviceId ?? 0);
    return async (rows) => shareOut(read(rows), rule, rows);
  }
  const measure = await openMapper(model, rule, session);
  const nRowsOf = ({ dims }: Tensor) => rowsOfRun(form)({ nTokens: dims[1]! + 1 });
  const filled: typeof measure = (tokens, targets) =>
    measure(fillUp(tokens, nRowsOf(tokens)), fillUp(targets, nRowsOf(tokens)));
  return (rows) => mapBatch(filled, rule, rows);
}

/** A device's kernels may choose by the number of rows, so it is the same for every batch of a shape. */
function fillUp(values: Tensor, nRows: number): Tensor {
  const [, width] = values.dims as [number, number];
  const all = new Int32Array(nRows * width);
  all.set(values.data as Int32Array);
  return new Tensor('int32', all, [nRows, width]);
}
