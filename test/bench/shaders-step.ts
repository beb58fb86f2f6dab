// A step of some rows: its buffers, and its kernels with them, from a token's embedding to the next token's pick.

import type { Operation, ShaderDevice } from './shaders-device.ts';
import type { ModelBuffers, ShaderModel } from './shaders-models.ts';
import { type ProductName, shapeOf } from './shaders-products.ts';
import { RandomValues } from './shaders-random.ts';
import type { GpuBuffer, GpuPipeline } from './shaders-webgpu.ts';

export const HEAD_SIZE = 64;
export const RULE = { TOP_K: 40, MASS: 0.3 } as const;
const BYTES_OF_HALF = 2;
const BYTES_OF_FLOAT = 4;

/** What stands for a row at each place of a step. */
export interface StepBuffers {
  readonly residual: GpuBuffer;
  readonly normed: GpuBuffer;
  readonly qkv: GpuBuffer;
  readonly attended: GpuBuffer;
  readonly inner: GpuBuffer;
  readonly logits: GpuBuffer;
  readonly token: GpuBuffer;
  readonly logprob: GpuBuffer;
  readonly position: GpuBuffer;
  /** One of each layer, in halves: by row, head and position. */
  readonly caches: readonly Readonly<Record<'keys' | 'values', GpuBuffer>>[];
}

export function makeStepBuffers(device: ShaderDevice, model: ShaderModel, nRows: number): StepBuffers {
  const { width, vocabulary, nLayers, nPositions } = model;
  const random = new RandomValues();
  const halves = (n: number) => device.upload(random.halves(nRows * n, 1));
  const cache = () => device.buffer(nRows * nPositions * width * BYTES_OF_HALF);
  return {
    residual: device.upload(random.floats(nRows * width, 1)),
    normed: halves(width),
    qkv: halves(3 * width),
    attended: halves(width),
    inner: halves(4 * width),
    logits: device.upload(random.normal(nRows * vocabulary)),
    token: device.buffer(nRows * BYTES_OF_FLOAT),
    logprob: device.buffer(nRows * BYTES_OF_FLOAT),
    position: device.buffer(nRows * BYTES_OF_FLOAT),
    caches: Array.from({ length: nLayers }, () => ({ keys: cache(), values: cache() })),
  };
}

export function freeStepBuffers({ caches, ...rest }: StepBuffers): void {
  for (const buffer of Object.values(rest)) buffer.destroy();
  for (const { keys, values } of caches) for (const buffer of [keys, values]) buffer.destroy();
}

export interface ChosenProduct {
  readonly pipeline: GpuPipeline;
  readonly nRowsOfTile: number;
  readonly nColumnsOfTile: number;
}

/** The kernels of a step; several there could be of each are chosen from by their speed. */
export interface StepKernels {
  readonly embed: GpuPipeline;
  readonly norm: GpuPipeline;
  readonly attend: GpuPipeline;
  readonly pick: GpuPipeline;
  readonly products: Readonly<Record<ProductName, ChosenProduct>>;
}

/** What a product reads and what it writes. */
export function endsOf(name: ProductName, buffers: StepBuffers): readonly [from: GpuBuffer, to: GpuBuffer] {
  const { normed, qkv, attended, residual, inner, logits } = buffers;
  const ends: Readonly<Record<ProductName, readonly [GpuBuffer, GpuBuffer]>> = {
    qkv: [normed, qkv],
    output: [attended, residual],
    up: [normed, inner],
    down: [inner, residual],
    head: [normed, logits],
  };
  return ends[name];
}

/** Makes the operations of a step for so many rows. */
export class StepOperations {
  readonly #device: ShaderDevice;
  readonly #model: ShaderModel;
  readonly #weights: ModelBuffers;
  readonly #buffers: StepBuffers;
  readonly #nRows: number;

  constructor(
    device: ShaderDevice,
    model: ShaderModel,
    weights: ModelBuffers,
    buffers: StepBuffers,
    nRows: number,
  ) {
    this.#device = device;
    this.#model = model;
    this.#weights = weights;
    this.#buffers = buffers;
    this.#nRows = nRows;
  }

  embed(pipeline: GpuPipeline): Operation {
    const { token, position, residual } = this.#buffers;
    const { tokens, positions } = this.#weights;
    return this.#device.operation(pipeline, [token, position, tokens, positions, residual], this.#nRows);
  }

  norm(pipeline: GpuPipeline, nRows = this.#nRows): Operation {
    const { residual, normed } = this.#buffers;
    const { scale, shift } = this.#weights;
    return this.#device.operation(pipeline, [residual, scale, shift, normed], nRows);
  }

  attend(pipeline: GpuPipeline, layer: number): Operation {
    const { qkv, caches, position, attended } = this.#buffers;
    const { keys, values } = caches[layer]!;
    const nHeads = this.#model.width / HEAD_SIZE;
    return this.#device.operation(pipeline, [qkv, keys, values, position, attended], nHeads, this.#nRows);
  }

  product(name: ProductName, { pipeline, nRowsOfTile, nColumnsOfTile }: ChosenProduct, layer = 0): Operation {
    const [from, to] = endsOf(name, this.#buffers);
    const { nOut } = shapeOf(name, this.#model);
    const weight = this.weight(name, layer);
    return this.#device.operation(
      pipeline,
      [from, weight, this.#weights.bias, to],
      this.#nRows / nRowsOfTile,
      nOut / nColumnsOfTile,
    );
  }

  weight(name: ProductName, layer = 0): GpuBuffer {
    return name === 'head' ? this.#weights.tokens : this.#weights.layers[layer]![name];
  }

  pick(pipeline: GpuPipeline): Operation {
    const { logits, token, logprob } = this.#buffers;
    return this.#device.operation(pipeline, [logits, token, logprob], this.#nRows);
  }

  step({ embed, norm, attend, pick, products }: StepKernels): readonly Operation[] {
    const layers = this.#weights.layers.flatMap((_, layer) => [
      this.norm(norm),
      this.product('qkv', products.qkv, layer),
      this.attend(attend, layer),
      this.product('output', products.output, layer),
      this.norm(norm),
      this.product('up', products.up, layer),
      this.product('down', products.down, layer),
    ]);
    return [
      this.embed(embed),
      ...layers,
      this.norm(norm),
      this.product('head', products.head),
      this.pick(pick),
    ];
  }
}
