// One step of a decoder as what the device is asked for, one thing after the other: at most nine a layer.

import { type DecoderSpec, keyWidth, queryWidth, type Rotation } from '../decoder/decoder-spec.ts';
import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import { keyOf } from '../decoder/rotation.ts';
import type { CudaDriver, DeviceAddress, Kernel, KernelParameter, LaunchSize } from './cuda-driver.ts';
import { attendWarps, logitStride, PICK_THREADS, ROW_THREADS } from './kernel-sizes.ts';
import type { MatrixProducts } from './matrix-product.ts';
import { type PlacedLinear, type PlacedNorm, type PlacedWeights, partsOf } from './place-weights.ts';

/** One thing that the device is asked for. */
export interface Operation {
  readonly name: string;
  readonly ask: () => void;
  readonly facts: OperationFacts;
}

/** What an operation computes, from where to where, for whoever checks it. Buffers hold a row behind the other. */
export type OperationFacts =
  | { readonly kind: 'embed'; readonly to: Buffer }
  | {
      readonly kind: 'product';
      readonly from: Buffer;
      readonly to: Buffer;
      readonly adds: boolean;
      readonly parts: readonly Linear<StoredTensor>[];
    }
  | {
      readonly kind: 'norm';
      readonly from: Buffer;
      readonly to: Buffer;
      readonly adds: boolean;
      /** Null: none, the row in 16 bits. */
      readonly norm: Norm<StoredTensor> | null;
    }
  | { readonly kind: 'head-norms'; readonly layer: number; readonly qkv: Buffer }
  | { readonly kind: 'attend'; readonly layer: number; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'activate'; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'pick'; readonly logits: Buffer };

export interface Buffer {
  readonly address: DeviceAddress;
  readonly type: 'float16' | 'float32';
  /** Values of a row. */
  readonly width: number;
}

/** What the host writes before a batch, and reads after it. */
export interface StepBuffers {
  /** int32 [row], to feed next. */
  readonly token: DeviceAddress;
  /** int32 [row], of that token. */
  readonly position: DeviceAddress;
  /** int32 [row], picks left. */
  readonly remaining: DeviceAddress;
  /** uint64 [row]: the samples' numbers. */
  readonly samples: DeviceAddress;
  /** int32 [row, position], of which the first so many count. */
  readonly prompts: DeviceAddress;
  readonly promptLengths: DeviceAddress;
  /** float64 [step]: of a sample's first token, its second, … */
  readonly temperatures: DeviceAddress;
  /** uint64, one. */
  readonly seed: DeviceAddress;
  /** int32 [row, position]. */
  readonly picked: DeviceAddress;
  /** float32 [row, position]. */
  readonly logprob: DeviceAddress;
  /** float32 [row, logitStride], of the step that was run last. */
  readonly logits: DeviceAddress;
}

export interface StepSize {
  readonly nRows: number;
  /** Positions of the cache. */
  readonly nPositions: number;
}

export function allocateBuffers(driver: CudaDriver, spec: DecoderSpec, size: StepSize): StepBuffers {
  const { nRows, nPositions } = size;
  const perPosition = () => driver.allocate(4 * nRows * nPositions);
  return {
    token: driver.allocate(4 * nRows),
    position: driver.allocate(4 * nRows),
    remaining: driver.allocate(4 * nRows),
    samples: driver.allocate(8 * nRows),
    prompts: perPosition(),
    promptLengths: driver.allocate(4 * nRows),
    temperatures: driver.allocate(8 * nPositions),
    seed: driver.allocate(8),
    picked: perPosition(),
    logprob: perPosition(),
    logits: driver.allocate(4 * nRows * logitStride(spec)),
  };
}

/** What a step needs of the device. */
export interface StepParts {
  readonly driver: CudaDriver;
  readonly kernel: (name: string) => Kernel;
  readonly products: MatrixProducts;
  readonly spec: DecoderSpec;
  readonly weights: DecoderWeights;
  readonly placed: PlacedWeights;
  readonly buffers: StepBuffers;
  readonly size: StepSize;
}

const NO_NORM: PlacedNorm = { scale: 0, shift: 0 };
const address = (value: DeviceAddress) => ({ kind: 'address', value }) as const;
const int = (value: number) => ({ kind: 'int', value }) as const;
const float = (value: number) => ({ kind: 'float', value }) as const;

export function stepOperations(parts: StepParts): readonly Operation[] {
  return new StepBuilder(parts).build();
}

class StepBuilder {
  readonly #parts: StepParts;
  readonly #operations: Operation[] = [];
  readonly #turns = new Map<string, DeviceAddress>();
  /** The sum that layers add to. */
  readonly #residual: Buffer;
  /** What products read. */
  readonly #normed: Buffer;
  readonly #qkv: Buffer;
  readonly #attended: Buffer;
  readonly #inner: Buffer;
  readonly #activated: Buffer;
  /** What attention or the feed-forward layer gives, if its norm comes after. */
  readonly #given: Buffer;

  constructor(parts: StepParts) {
    this.#parts = parts;
    const { driver, spec, size } = parts;
    const { width, attention, mlp } = spec;
    const buffer = (type: Buffer['type'], values: number): Buffer => ({
      address: driver.allocate((type === 'float16' ? 2 : 4) * size.nRows * values),
      type,
      width: values,
    });
    this.#residual = buffer('float32', width);
    this.#normed = buffer('float16', width);
    this.#qkv = buffer('float16', queryWidth(attention) + 2 * keyWidth(attention));
    this.#attended = buffer('float16', queryWidth(attention));
    this.#inner = buffer('float16', mlp.gated ? 2 * mlp.innerWidth : mlp.innerWidth);
    this.#activated = mlp.gated ? buffer('float16', mlp.innerWidth) : this.#inner;
    this.#given = spec.residual === 'norm-after' ? buffer('float32', width) : this.#residual;
    // Rows that want nothing leave out attention, and products read what lies there.
    driver.clear(this.#attended.address, 2 * size.nRows * queryWidth(attention));
  }

  build(): readonly Operation[] {
    const { weights, placed, buffers, size } = this.#parts;
    this.#launch({ kind: 'embed', to: this.#residual }, 'embed', this.#perRow, [
      address(buffers.token),
      address(buffers.position),
      address(placed.embedding),
      address(placed.positions),
      address(this.#residual.address),
    ]);
    for (const at of weights.layers.keys()) this.#layer(at);
    this.#normalise(weights.finalNorm, placed.finalNorm);
    const logits = { address: buffers.logits, type: 'float32', width: placed.head.nOut } as const;
    this.#product([weights.head], placed.head, this.#normed, logits, false);
    this.#launch({ kind: 'pick', logits }, 'pick', { blocks: [size.nRows], threads: PICK_THREADS }, [
      address(buffers.logits),
      address(buffers.samples),
      address(buffers.prompts),
      address(buffers.promptLengths),
      address(buffers.temperatures),
      address(buffers.token),
      address(buffers.position),
      address(buffers.remaining),
      address(buffers.picked),
      address(buffers.logprob),
      address(buffers.seed),
      int(size.nPositions),
    ]);
    return this.#operations;
  }

  #layer(at: number): void {
    const layer = this.#parts.weights.layers[at]!;
    const placed = this.#parts.placed.layers[at]!;
    const merge = (to: Buffer, adds: boolean) =>
      this.#product([layer.output], placed.output, this.#attended, to, adds);
    const narrow = (to: Buffer, adds: boolean) =>
      this.#product([layer.down], placed.down, this.#activated, to, adds);
    switch (this.#parts.spec.residual) {
      case 'sequential':
        this.#normalise(layer.attentionNorm, placed.attentionNorm);
        this.#attend(at);
        merge(this.#residual, true);
        this.#normalise(layer.mlpNorm!, placed.mlpNorm!);
        this.#feedForward(at);
        narrow(this.#residual, true);
        break;
      case 'parallel':
      case 'parallel-one-norm':
        this.#normalise(layer.attentionNorm, placed.attentionNorm);
        this.#attend(at);
        // The feed-forward layer reads what attention read, so nothing may be added before it did.
        if (layer.mlpNorm !== null) this.#normalise(layer.mlpNorm, placed.mlpNorm!);
        this.#feedForward(at);
        merge(this.#residual, true);
        narrow(this.#residual, true);
        break;
      case 'norm-after':
        this.#normalise(null, NO_NORM);
        this.#attend(at);
        merge(this.#given, false);
        this.#addNormed(layer.attentionNorm, placed.attentionNorm);
        this.#normalise(null, NO_NORM);
        this.#feedForward(at);
        narrow(this.#given, false);
        this.#addNormed(layer.mlpNorm!, placed.mlpNorm!);
        break;
    }
  }

  /** From `normed` to `attended`. */
  #attend(at: number): void {
    const { driver, spec, size, buffers, weights } = this.#parts;
    const placed = this.#parts.placed.layers[at]!;
    const { attention } = spec;
    this.#product(partsOf(weights.layers[at]!.qkv), placed.qkv, this.#normed, this.#qkv, false);
    this.#normaliseHeads(at);
    const { rotation, scale, window } = attention.layers[at]!;
    const cacheBytes = 2 * size.nRows * size.nPositions * keyWidth(attention);
    const threads = 32 * attendWarps(spec, size.nRows);
    const facts = { kind: 'attend', layer: at, from: this.#qkv, to: this.#attended } as const;
    this.#launch(facts, 'attend', { blocks: [attention.nKeyHeads, size.nRows], threads }, [
      address(this.#qkv.address),
      address(driver.allocate(cacheBytes)),
      address(driver.allocate(cacheBytes)),
      address(buffers.position),
      address(buffers.remaining),
      address(rotation === null ? 0 : this.#turnsOf(rotation)),
      address(placed.headOrder),
      address(this.#attended.address),
      float(scale),
      int(rotation?.frequencies.length ?? 0),
      int(window ?? 0),
      int(size.nPositions),
    ]);
  }

  #normaliseHeads(at: number): void {
    const { spec, size } = this.#parts;
    const { queryNorm, keyNorm, headOrder } = this.#parts.placed.layers[at]!;
    if (queryNorm === null || keyNorm === null) return;
    const isByHead = spec.attention.queryKeyNorm === 'head';
    const nVectors = isByHead ? spec.attention.nHeads + spec.attention.nKeyHeads : 2;
    this.#launch(
      { kind: 'head-norms', layer: at, qkv: this.#qkv },
      isByHead ? 'normaliseHeads' : 'normaliseAllHeads',
      { blocks: [nVectors, size.nRows], threads: ROW_THREADS },
      [
        address(this.#qkv.address),
        address(queryNorm.scale),
        address(queryNorm.shift),
        address(keyNorm.scale),
        address(keyNorm.shift),
        ...(isByHead ? [address(headOrder)] : []),
      ],
    );
  }

  /** From `normed` to `activated`. */
  #feedForward(at: number): void {
    const { spec, size } = this.#parts;
    const { gate, up } = this.#parts.weights.layers[at]!;
    const parts = gate === null ? [up] : [gate, up];
    this.#product(parts, this.#parts.placed.layers[at]!.up, this.#normed, this.#inner, false);
    const nBlocks = Math.min(8192, Math.ceil((size.nRows * spec.mlp.innerWidth) / 512));
    const facts = { kind: 'activate', from: this.#inner, to: this.#activated } as const;
    this.#launch(facts, 'activate', { blocks: [nBlocks], threads: 256 }, [
      address(this.#inner.address),
      address(this.#activated.address),
      int(size.nRows),
    ]);
  }

  /** From the residual sum to `normed`. */
  #normalise(norm: Norm<StoredTensor> | null, { scale, shift }: PlacedNorm): void {
    const facts = { kind: 'norm', from: this.#residual, to: this.#normed, adds: false, norm } as const;
    this.#launch(facts, 'normalise', this.#perRow, [
      address(this.#residual.address),
      address(scale),
      address(shift),
      address(this.#normed.address),
      address(0),
    ]);
  }

  /** Adds the norm of what was given to the residual sum. */
  #addNormed(norm: Norm<StoredTensor>, { scale, shift }: PlacedNorm): void {
    const facts = { kind: 'norm', from: this.#given, to: this.#residual, adds: true, norm } as const;
    this.#launch(facts, 'normalise', this.#perRow, [
      address(this.#given.address),
      address(scale),
      address(shift),
      address(0),
      address(this.#residual.address),
    ]);
  }

  #product(
    parts: readonly Linear<StoredTensor>[],
    { weight, bias, layout, nIn, nOut }: PlacedLinear,
    from: Buffer,
    to: Buffer,
    adds: boolean,
  ): void {
    const { products, size } = this.#parts;
    const shape = { nRows: size.nRows, nIn, nOut, layout, output: to.type, adds } as const;
    const ask = products.plan(shape, { input: from.address, weight, bias, output: to.address });
    const name = `${nIn} × ${nOut}`;
    this.#operations.push({ name, ask, facts: { kind: 'product', from, to, adds, parts } });
  }

  /** Cosines and sines, float32 [position, pair, 2]. */
  #turnsOf(rotation: Rotation): DeviceAddress {
    const known = this.#turns.get(keyOf(rotation));
    if (known !== undefined) return known;
    const { driver, size } = this.#parts;
    const { frequencies, factor } = rotation;
    const table = new Float32Array(size.nPositions * frequencies.length * 2);
    for (let position = 0, at = 0; position < size.nPositions; position++) {
      for (const frequency of frequencies) {
        table[at++] = factor * Math.cos(position * frequency);
        table[at++] = factor * Math.sin(position * frequency);
      }
    }
    const to = driver.allocate(table.byteLength);
    driver.upload(to, table);
    this.#turns.set(keyOf(rotation), to);
    return to;
  }

  get #perRow(): LaunchSize {
    return { blocks: [this.#parts.size.nRows], threads: ROW_THREADS };
  }

  #launch(
    facts: OperationFacts,
    name: string,
    size: LaunchSize,
    parameters: readonly KernelParameter[],
  ): void {
    const { driver, kernel } = this.#parts;
    this.#operations.push({ name, ask: () => driver.launch(kernel(name), size, parameters), facts });
  }
}
