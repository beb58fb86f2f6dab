// What one run of an exported decoder is fed: some new positions of all rows, behind a past of the same length for all.

import { Tensor } from 'onnxruntime-node';
import type { ExportedDecoder, PastTensor } from './exported-decoder.ts';

/** The past of a batch: what the decoder's last run gave. */
type Past = Readonly<Record<string, Tensor>>;

/** `tokens` is [rows, new positions]. Only inputs that the decoder has are made. */
export function buildFeeds(
  { inputs }: ExportedDecoder,
  past: Past,
  nPast: number,
  tokens: ArrayLike<number>,
  nRows: number,
): Record<string, Tensor> {
  const nNew = tokens.length / nRows;
  const int64 = (length: number, value: (i: number) => number) =>
    new Tensor(
      'int64',
      BigInt64Array.from({ length: nRows * length }, (_, i) => BigInt(value(i))),
      [nRows, length],
    );
  const all: Readonly<Record<string, () => Tensor>> = {
    input_ids: () => int64(nNew, (i) => tokens[i]!),
    attention_mask: () => int64(nPast + nNew, () => 1),
    position_ids: () => int64(nNew, (i) => nPast + (i % nNew)),
    use_cache_branch: () => new Tensor('bool', [nPast > 0], [1]),
    // How many last positions logits are given of: 0 means all.
    num_logits_to_keep: () => new Tensor('int64', BigInt64Array.of(0n), []),
  };
  return { ...past, ...Object.fromEntries(inputs.map((name) => [name, all[name]!()])) };
}

export function emptyPast({ past }: ExportedDecoder, nRows: number): Past {
  return Object.fromEntries(
    past.map((one) => {
      const data = one.type === 'float32' ? new Float32Array(0) : new Uint16Array(0);
      return [one.input, feedable(new Tensor(one.type, data, dimensions(one, nRows, 0)))];
    }),
  );
}

export function nextPast({ past }: ExportedDecoder, outputs: Readonly<Record<string, Tensor>>): Past {
  return Object.fromEntries(past.map(({ input, output }) => [input, feedable(outputs[output]!)]));
}

/** The past of the rows that are kept, in ascending order, of a batch of `nRows`. */
export function keepRows(
  decoder: ExportedDecoder,
  past: Past,
  kept: readonly number[],
  nRows: number,
  nPast: number,
): Past {
  return Object.fromEntries(
    decoder.past.map((one) => {
      const all = past[one.input]!.data as Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
      const nInRow = all.length / nRows;
      const data = all.slice(0, kept.length * nInRow);
      for (const [to, from] of kept.entries())
        data.set(all.subarray(from * nInRow, (from + 1) * nInRow), to * nInRow);
      return [one.input, feedable(new Tensor(one.type, data, dimensions(one, kept.length, nPast)))];
    }),
  );
}

/**
 * A tensor that can be fed again. The runtime's binding gives 16-bit floats as `Float16Array`, which it takes for an
 * empty array when it comes back.
 */
export function feedable(tensor: Tensor): Tensor {
  if (tensor.type !== 'float16') return tensor;
  const { buffer, byteOffset, length } = tensor.data as Uint16Array<ArrayBuffer>;
  return Object.defineProperty(tensor, 'data', { value: new Uint16Array(buffer, byteOffset, length) });
}

function dimensions({ shape }: PastTensor, nRows: number, nPositions: number): number[] {
  return shape.map((size) => (size === 'rows' ? nRows : size === 'positions' ? nPositions : size));
}
