// Values of a model's tensors out of their files again, for whoever checks what a device made of them.

import { readSync } from 'node:fs';
import type { Linear } from '../decoder/decoder-table.ts';
import type { StoredTensor } from '../decoder/decoder-weights.ts';
import { OpenFiles } from '../weights/open-files.ts';
import { BYTES_PER_ELEMENT } from '../weights/safetensors.ts';

/** Some columns of a matrix, side by side. */
interface Columns {
  readonly from: number;
  readonly columns: readonly Float32Array[];
}

/** Columns of each matrix that are read: a proof costs little whatever the model's size. */
const N_COLUMNS = 24;

export class StoredValues {
  readonly #files = new OpenFiles();
  readonly #columns = new Map<StoredTensor, Columns>();
  #bytes = new Uint8Array(1 << 16);

  /** Read once: from a matrix that lies by its inputs, each of these is a piece of its own. */
  columnsOf(weight: StoredTensor, layout: Linear<StoredTensor>['layout']): Columns {
    const known = this.#columns.get(weight);
    if (known !== undefined) return known;
    const [first, second] = weight.shape as [number, number];
    const [nIn, nOut] = layout === 'in-out' ? [first, second] : [second, first];
    const n = Math.min(N_COLUMNS, nOut);
    // Somewhere else in each matrix.
    const from = (7919 * this.#columns.size) % (nOut - n + 1);
    const columns = Array.from({ length: n }, () => new Float32Array(nIn));
    if (layout === 'out-in') {
      for (const [at, column] of columns.entries()) column.set(this.read(weight, (from + at) * nIn, nIn));
    } else {
      const some = this.#readPieces(weight, from, n, nOut, nIn);
      for (const [at, column] of columns.entries())
        for (let i = 0; i < nIn; i++) column[i] = some[i * n + at]!;
    }
    this.#columns.set(weight, { from, columns });
    return { from, columns };
  }

  /** The values stay as they are until the next call. */
  read(tensor: StoredTensor, start: number, n: number): Float32Array {
    return this.#readPieces(tensor, start, n, n, 1);
  }

  /** So many pieces of `n` values, one behind the other; the first begins at `start`, and each `stride` after the one before. */
  #readPieces(tensor: StoredTensor, start: number, n: number, stride: number, nPieces: number): Float32Array {
    const size = BYTES_PER_ELEMENT[tensor.type];
    const file = this.#files.open(tensor.file);
    const nValues = nPieces * n;
    if (this.#bytes.byteLength < nValues * size) this.#bytes = new Uint8Array(2 * nValues * size);
    for (let piece = 0; piece < nPieces; piece++) {
      const at = tensor.byteOffset + (start + piece * stride) * size;
      readSync(file, this.#bytes, piece * n * size, n * size, at);
    }
    const { buffer } = this.#bytes;
    if (tensor.type === 'float32') return new Float32Array(buffer, 0, nValues);
    if (tensor.type === 'float16') return new Float32Array(new Float16Array(buffer, 0, nValues));
    const words = new Uint32Array(nValues);
    for (const [i, half] of new Uint16Array(buffer, 0, nValues).entries()) words[i] = half << 16;
    return new Float32Array(words.buffer);
  }

  close(): void {
    this.#files.close();
  }
}
