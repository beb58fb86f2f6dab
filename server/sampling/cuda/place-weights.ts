// A decoder's tensors in the device's memory, laid out for its kernels: products in 16 bits, what is added and
// multiplied value by value in 32; projections of the same input side by side, so that they are one product.

import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import type { DecoderTable, Linear, Norm, QkvProjection } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import type { CudaDriver, DeviceAddress } from './cuda-driver.ts';
import { logitStride } from './kernel-sizes.ts';
import type { WeightUpload } from './upload-weights.ts';

/** 0 for none. */
export interface PlacedNorm {
  readonly scale: DeviceAddress;
  readonly shift: DeviceAddress;
}

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
  readonly mlpNorm: PlacedNorm | null;
  /** Gate and up side by side, or up alone. */
  readonly up: PlacedLinear;
  readonly down: PlacedLinear;
}

export interface PlacedWeights {
  /** 16 bits [vocabulary, width]. */
  readonly embedding: DeviceAddress;
  /** 16 bits [positions, width], or 0. */
  readonly positions: DeviceAddress;
  readonly layers: readonly PlacedLayer[];
  readonly finalNorm: PlacedNorm;
  readonly head: PlacedLinear;
}

type Type = 'float16' | 'float32';
const BYTES = { float16: 2, float32: 4 } as const;

export function placeWeights(
  driver: CudaDriver,
  upload: WeightUpload,
  spec: DecoderSpec,
  weights: DecoderWeights,
): PlacedWeights {
  const placer = new Placer(driver, upload);
  const stride = logitStride(spec);
  const embedding = placer.tensor(weights.embedding, 'float16', stride * spec.width);
  const { head } = weights;
  const isTied = head.weight.bareName === weights.embedding.bareName;
  return {
    embedding,
    positions: weights.positions === null ? 0 : placer.tensor(weights.positions, 'float16'),
    layers: weights.layers.map((layer) => placer.layer(layer)),
    finalNorm: placer.norm(weights.finalNorm!),
    head: {
      weight: isTied ? embedding : placer.tensor(head.weight, 'float16', stride * spec.width),
      bias: head.bias === null ? null : placer.tensor(head.bias, 'float32', stride),
      layout: 'out-in',
      nIn: spec.width,
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
      qkv: this.#linear(partsOf(layer.qkv), 'float16'),
      headOrder: layer.qkv.kind === 'joint' ? this.#order(layer.qkv.headOrder) : 0,
      queryNorm: layer.queryNorm && this.norm(layer.queryNorm),
      keyNorm: layer.keyNorm && this.norm(layer.keyNorm),
      output: this.#linear([layer.output], 'float32'),
      mlpNorm: layer.mlpNorm && this.norm(layer.mlpNorm),
      up: this.#linear(layer.gate === null ? [layer.up] : [layer.gate, layer.up], 'float16'),
      down: this.#linear([layer.down], 'float32'),
    };
  }

  norm({ scale, shift }: Norm<StoredTensor>): PlacedNorm {
    return {
      scale: this.tensor(scale, 'float32'),
      shift: shift === null ? 0 : this.tensor(shift, 'float32'),
    };
  }

  /** With zeros behind it where it has room for more. */
  tensor(tensor: StoredTensor, type: Type, nValues = sizeOf(tensor)): DeviceAddress {
    const to = this.#driver.allocate(nValues * BYTES[type]);
    if (nValues > sizeOf(tensor)) this.#driver.clear(to, nValues * BYTES[type]);
    this.#upload.put(tensor, to, type);
    return to;
  }

  #linear(parts: readonly Linear<StoredTensor>[], output: Type): PlacedLinear {
    const { layout } = parts[0]!;
    const [nIn, nOut] = parts.reduce<readonly [number, number]>(
      ([, sum], { weight: { shape } }) =>
        layout === 'in-out' ? [shape[0]!, sum + shape[1]!] : [shape[1]!, sum + shape[0]!],
      [0, 0],
    );
    if (layout === 'in-out' && parts.length > 1)
      throw new Error('Columns of several matrices do not lie side by side');
    const weight = this.#sideBySide(
      parts.map(({ weight }) => weight),
      'float16',
    );
    const biases = parts.flatMap(({ bias }) => (bias === null ? [] : [bias]));
    const bias = biases.length === 0 ? null : this.#sideBySide(biases, output);
    return { weight, bias, layout, nIn, nOut };
  }

  #sideBySide(tensors: readonly StoredTensor[], type: Type): DeviceAddress {
    const nValues = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
    const start = this.#driver.allocate(nValues * BYTES[type]);
    let at = start;
    for (const tensor of tensors) {
      this.#upload.put(tensor, at, type);
      at += sizeOf(tensor) * BYTES[type];
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
