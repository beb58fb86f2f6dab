// Values of a model's tensors out of their files again, for whoever checks what a device made of them.

import { closeSync, openSync, readSync } from 'node:fs';
import type { Linear } from '../decoder/decoder-table.ts';
import type { StoredTensor } from '../decoder/decoder-weights.ts';
import { BYTES_PER_ELEMENT } from '../weights/safetensors.ts';

/** Some columns of a matrix, side by side. */
interface Columns {
  readonly from: number;
  readonly columns: readonly Float32Array[];
}

/** Columns of each matrix that are read: a proof costs little whatever the model's size. */
const N_COLUMNS = 24;

export class StoredValues {
  readonly #files = new Map<string, number>();
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
      for (let i = 0; i < nIn; i++) {
        const some = this.read(weight, i * nOut + from, n);
        for (let at = 0; at < n; at++) columns[at]![i] = some[at]!;
      }
    }
    this.#columns.set(weight, { from, columns });
    return { from, columns };
  }

  /** The values stay as they are until the next call. */
  read(tensor: StoredTensor, start: number, n: number): Float32Array {
    const size = BYTES_PER_ELEMENT[tensor.type];
    let file = this.#files.get(tensor.file);
    if (file === undefined) {
      file = openSync(tensor.file, 'r');
      this.#files.set(tensor.file, file);
    }
    if (this.#bytes.byteLength < n * size) this.#bytes = new Uint8Array(2 * n * size);
    readSync(file, this.#bytes, 0, n * size, tensor.byteOffset + start * size);
    const { buffer } = this.#bytes;
    if (tensor.type === 'float32') return new Float32Array(buffer, 0, n);
    if (tensor.type === 'float16') return Float32Array.from(new Float16Array(buffer, 0, n));
    return new Float32Array(Uint32Array.from(new Uint16Array(buffer, 0, n), (half) => half << 16).buffer);
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
  }
}
