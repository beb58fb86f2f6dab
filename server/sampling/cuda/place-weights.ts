// A decoder's tensors in the device's memory, laid out for its kernels: products in 16 bits, what is added and
// multiplied value by value in 32; projections of the same input side by side, so that they are one product.

import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import type { DecoderTable, Linear, Norm, QkvProjection } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import type { CudaDriver, DeviceAddress } from './cuda-driver.ts';
import { logitStride } from './kernel-sizes.ts';
import { sinusoidsTable } from './position-tables.ts';
import type { WeightUpload } from './upload-weights.ts';

/** 0 for none. */
export interface PlacedNorm {
  readonly scale: DeviceAddress;
  readonly shift: DeviceAddress;
}

export const NO_NORM: PlacedNorm = { scale: 0, shift: 0 };

export interface PlacedLinear {
  readonly weight: DeviceAddress;
  /** In the type of the product's output. */
  readonly bias: DeviceAddress | null;
  readonly layout: 'in-out' | 'out-in';
  readonly nIn: number;
  readonly nOut: number;
}

export interface PlacedLayer {
  readonly attentionNorm: PlacedNorm;
  readonly qkv: PlacedLinear;
  /** int32, the place of each head; 0 where they lie in order. */
  readonly headOrder: DeviceAddress;
  readonly queryNorm: PlacedNorm | null;
  readonly keyNorm: PlacedNorm | null;
  readonly output: PlacedLinear;
  readonly attentionEndNorm: PlacedNorm;
  readonly mlpNorm: PlacedNorm;
  /** Gate and up side by side, or up alone. */
  readonly up: PlacedLinear;
  readonly down: PlacedLinear;
  readonly mlpEndNorm: PlacedNorm;
}

export interface PlacedWeights {
  /** 16 bits [vocabulary, embedding width]. */
  readonly embedding: DeviceAddress;
  readonly embeddingProjection: PlacedLinear | null;
  /** 16 bits [positions, width], or 0. */
  readonly positions: DeviceAddress;
  readonly layers: readonly PlacedLayer[];
  readonly finalNorm: PlacedNorm;
  readonly headProjection: PlacedLinear | null;
  readonly head: PlacedLinear;
}

type Type = 'float16' | 'float32';
const BYTES = { float16: 2, float32: 4 } as const;

export function placeWeights(
  driver: CudaDriver,
  upload: WeightUpload,
  spec: DecoderSpec,
  weights: DecoderWeights,
  nPositions: number,
): PlacedWeights {
  const placer = new Placer(driver, upload);
  const stride = logitStride(spec);
  const nTableValues = stride * spec.embeddingWidth;
  const embedding = placer.tensor(weights.embedding, 'float16', nTableValues);
  const { head, embeddingProjection, headProjection } = weights;
  const isTied = head.weight.bareName === weights.embedding.bareName;
  return {
    embedding,
    embeddingProjection: embeddingProjection && placer.linear([embeddingProjection], 'float32'),
    positions: placer.positions(spec, weights.positions, nPositions),
    layers: weights.layers.map((layer) => placer.layer(layer)),
    finalNorm: placer.norm(weights.finalNorm),
    headProjection: headProjection && placer.linear([headProjection], 'float16'),
    head: {
      weight: isTied ? embedding : placer.tensor(head.weight, 'float16', nTableValues),
      bias: head.bias === null ? null : placer.tensor(head.bias, 'float32', stride),
      layout: 'out-in',
      nIn: spec.embeddingWidth,
      nOut: stride,
    },
  };
}

class Placer {
  readonly #driver: CudaDriver;
  readonly #upload: WeightUpload;

  constructor(driver: CudaDriver, upload: WeightUpload) {
    this.#driver = driver;
    this.#upload = upload;
  }

  layer(layer: DecoderTable<StoredTensor>['layers'][number]): PlacedLayer {
    return {
      attentionNorm: this.norm(layer.attentionNorm),
      qkv: this.linear(partsOf(layer.qkv), 'float16'),
      headOrder: layer.qkv.kind === 'joint' ? this.#order(layer.qkv.headOrder) : 0,
      queryNorm: layer.queryNorm && this.norm(layer.queryNorm),
      keyNorm: layer.keyNorm && this.norm(layer.keyNorm),
      output: this.linear([layer.output], 'float32'),
      attentionEndNorm: this.norm(layer.attentionEndNorm),
      mlpNorm: this.norm(layer.mlpNorm),
      up: this.linear(layer.gate === null ? [layer.up] : [layer.gate, layer.up], 'float16'),
      down: this.linear([layer.down], 'float32'),
      mlpEndNorm: this.norm(layer.mlpEndNorm),
    };
  }

  norm(norm: Norm<StoredTensor> | null): PlacedNorm {
    if (norm === null) return NO_NORM;
    const { scale, shift } = norm;
    return {
      scale: this.tensor(scale, 'float32'),
      shift: shift === null ? 0 : this.tensor(shift, 'float32'),
    };
  }

  /** 0 where nothing is added to embeddings. */
  positions({ positions }: DecoderSpec, stored: StoredTensor | null, nPositions: number): DeviceAddress {
    if (stored !== null) return this.tensor(stored, 'float16');
    if (typeof positions !== 'object') return 0;
    const table = sinusoidsTable(positions, nPositions);
    const to = this.#driver.allocate(table.byteLength);
    this.#driver.upload(to, table);
    return to;
  }

  /** With zeros behind it where it has room for more. */
  tensor(tensor: StoredTensor, type: Type, nValues = sizeOf(tensor)): DeviceAddress {
    const to = this.#driver.allocate(nValues * BYTES[type]);
    if (nValues > sizeOf(tensor)) this.#driver.clear(to, nValues * BYTES[type]);
    this.#upload.put(tensor, to, type);
    return to;
  }

  linear(parts: readonly Linear<StoredTensor>[], output: Type): PlacedLinear {
    const { layout } = parts[0]!;
    const [nIn, nOut] = parts.reduce<readonly [number, number]>(
      ([, sum], { weight: { shape } }) =>
        layout === 'in-out' ? [shape[0]!, sum + shape[1]!] : [shape[1]!, sum + shape[0]!],
      [0, 0],
    );
    if (layout === 'in-out' && parts.length > 1)
      throw new Error('Columns of several matrices do not lie side by side');
    const weight = this.#driver.allocate(nIn * nOut * BYTES.float16);
    let at = weight;
    for (const part of parts) {
      this.#upload.put(part.weight, at, 'float16');
      at += sizeOf(part.weight) * BYTES.float16;
    }
    return { weight, bias: this.#biases(parts, nOut, output), layout, nIn, nOut };
  }

  /** Zeros for parts without. */
  #biases(parts: readonly Linear<StoredTensor>[], nOut: number, type: Type): DeviceAddress | null {
    if (parts.every(({ bias }) => bias === null)) return null;
    const start = this.#driver.allocate(nOut * BYTES[type]);
    this.#driver.clear(start, nOut * BYTES[type]);
    let at = start;
    for (const { weight, layout, bias } of parts) {
      if (bias !== null) this.#upload.put(bias, at, type);
      at += weight.shape[layout === 'in-out' ? 1 : 0]! * BYTES[type];
    }
    return start;
  }

  #order(order: readonly number[] | null): DeviceAddress {
    if (order === null) return 0;
    const to = this.#driver.allocate(4 * order.length);
    this.#driver.upload(to, Int32Array.from(order));
    return to;
  }
}

const sizeOf = ({ shape }: StoredTensor): number => shape.reduce((product, size) => product * size, 1);

/** Query, key and value, joint or apart. */
export const partsOf = (qkv: QkvProjection<StoredTensor>): readonly Linear<StoredTensor>[] =>
  qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value];
