// One step of a decoder as what the device is asked for, one thing after the other: at most eleven a layer.

import { type DecoderSpec, keyWidth, queryWidth, type Rotation } from '../decoder/decoder-spec.ts';
import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import { keyOf } from '../decoder/rotation.ts';
import type { CudaDriver, DeviceAddress, Kernel, KernelParameter, LaunchSize } from './cuda-driver.ts';
import { attendWarps, PICK_THREADS, ROW_THREADS } from './kernel-sizes.ts';
import type { MatrixProducts } from './matrix-product.ts';
import { NO_NORM, type PlacedLinear, type PlacedNorm, type PlacedWeights, partsOf } from './place-weights.ts';
import { turnsTable } from './position-tables.ts';
import type { StepBuffers, StepSize } from './step-buffers.ts';

/** One thing that the device is asked for. */
export interface Operation {
  readonly name: string;
  readonly ask: () => void;
  readonly facts: OperationFacts;
}

/** What an operation computes, from where to where, for whoever checks it. Buffers hold a row behind the other. */
export type OperationFacts =
  | { readonly kind: 'embed'; readonly to: Buffer; readonly parts: EmbeddingParts }
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
      /** What is added to the stream is scaled as the description says. */
      readonly adds: boolean;
      /** Null: none, the row itself. */
      readonly norm: Norm<StoredTensor> | null;
    }
  | { readonly kind: 'head-norms'; readonly layer: number; readonly qkv: Buffer }
  | { readonly kind: 'attend'; readonly layer: number; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'activate'; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'limit'; readonly logits: Buffer }
  | { readonly kind: 'pick'; readonly logits: Buffer };

/** Positions alone are added to what is there. */
type EmbeddingParts = 'tokens' | 'tokens-and-positions' | 'positions';

export interface Buffer {
  readonly address: DeviceAddress;
  readonly type: 'float16' | 'float32';
  /** Values of a row. */
  readonly width: number;
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
  /** What attention or the feed-forward layer gives, if it does not join the stream as it is. */
  readonly #given: Buffer;
  /** What is as wide as embeddings, if the stream is wider. */
  readonly #narrow: Buffer;

  constructor(parts: StepParts) {
    this.#parts = parts;
    const { driver, spec, weights, size } = parts;
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
    this.#given = joinsAsIs(spec) ? this.#residual : buffer('float32', width);
    this.#narrow =
      weights.embeddingProjection === null ? this.#normed : buffer('float16', spec.embeddingWidth);
    // Rows that want nothing leave out attention, and products read what lies there.
    driver.clear(this.#attended.address, 2 * size.nRows * queryWidth(attention));
  }

  build(): readonly Operation[] {
    const { weights, buffers, size } = this.#parts;
    this.#embed();
    for (const at of weights.layers.keys()) this.#layer(at);
    const logits = this.#head();
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

  #embed(): void {
    const { weights, placed, buffers } = this.#parts;
    const projection = weights.embeddingProjection;
    const isProjected = projection !== null && placed.embeddingProjection !== null;
    const to = isProjected ? this.#narrow : this.#residual;
    const parts = isProjected || placed.positions === 0 ? 'tokens' : 'tokens-and-positions';
    this.#launch({ kind: 'embed', to, parts }, 'embed', this.#perRow, [
      address(buffers.token),
      address(buffers.position),
      address(placed.embedding),
      address(isProjected ? 0 : placed.positions),
      address(isProjected ? 0 : to.address),
      address(isProjected ? to.address : 0),
    ]);
    if (!isProjected) return;
    this.#product([projection], placed.embeddingProjection, this.#narrow, this.#residual, false);
    if (placed.positions === 0) return;
    const facts = { kind: 'embed', to: this.#residual, parts: 'positions' } as const;
    this.#launch(facts, 'addPositions', this.#perRow, [
      address(buffers.position),
      address(placed.positions),
      address(this.#residual.address),
    ]);
  }

  #head(): Buffer {
    const { spec, weights, placed, buffers, size } = this.#parts;
    this.#normalise(weights.finalNorm, placed.finalNorm);
    let from = this.#normed;
    if (weights.headProjection !== null && placed.headProjection !== null) {
      this.#product([weights.headProjection], placed.headProjection, from, this.#narrow, false);
      from = this.#narrow;
    }
    const logits = { address: buffers.logits, type: 'float32', width: placed.head.nOut } as const;
    this.#product([weights.head], placed.head, from, logits, false);
    if (spec.logits.scale !== 1 || spec.logits.cap !== null) {
      const nBlocks = Math.min(8192, Math.ceil((size.nRows * logits.width) / 512));
      this.#launch({ kind: 'limit', logits }, 'limitLogits', { blocks: [nBlocks], threads: 256 }, [
        address(logits.address),
        int(size.nRows),
      ]);
    }
    return logits;
  }

  #layer(at: number): void {
    const layer = this.#parts.weights.layers[at]!;
    const placed = this.#parts.placed.layers[at]!;
    const joinAttended = (norm: Norm<StoredTensor> | null, placedNorm: PlacedNorm) =>
      this.#join(layer.output, placed.output, this.#attended, norm, placedNorm);
    const joinNarrowed = (norm: Norm<StoredTensor> | null, placedNorm: PlacedNorm) =>
      this.#join(layer.down, placed.down, this.#activated, norm, placedNorm);
    switch (this.#parts.spec.residual) {
      case 'sequential':
      case 'norm-around':
        this.#normalise(layer.attentionNorm, placed.attentionNorm);
        this.#attend(at);
        joinAttended(layer.attentionEndNorm, placed.attentionEndNorm);
        this.#normalise(layer.mlpNorm, placed.mlpNorm);
        this.#feedForward(at);
        joinNarrowed(layer.mlpEndNorm, placed.mlpEndNorm);
        break;
      case 'parallel':
      case 'parallel-one-norm':
        this.#normalise(layer.attentionNorm, placed.attentionNorm);
        this.#attend(at);
        // The feed-forward layer reads what attention read, so nothing may be added before it did.
        if (layer.mlpNorm !== null) this.#normalise(layer.mlpNorm, placed.mlpNorm);
        this.#feedForward(at);
        joinAttended(null, NO_NORM);
        joinNarrowed(null, NO_NORM);
        break;
      case 'norm-after':
        this.#normalise(null, NO_NORM);
        this.#attend(at);
        joinAttended(layer.attentionNorm, placed.attentionNorm);
        this.#normalise(null, NO_NORM);
        this.#feedForward(at);
        joinNarrowed(layer.mlpNorm, placed.mlpNorm);
        break;
      case 'norm-of-sum':
        this.#normalise(null, NO_NORM);
        this.#attend(at);
        joinAttended(null, NO_NORM);
        this.#norm(layer.attentionNorm, placed.attentionNorm, this.#residual, this.#residual, false);
        this.#normalise(null, NO_NORM);
        this.#feedForward(at);
        joinNarrowed(null, NO_NORM);
        this.#norm(layer.mlpNorm, placed.mlpNorm, this.#residual, this.#residual, false);
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
  #normalise(norm: Norm<StoredTensor> | null, placed: PlacedNorm): void {
    this.#norm(norm, placed, this.#residual, this.#normed, false);
  }

  /** A product that joins the residual sum, with a norm before it does or with none. */
  #join(
    part: Linear<StoredTensor>,
    placed: PlacedLinear,
    from: Buffer,
    norm: Norm<StoredTensor> | null,
    placedNorm: PlacedNorm,
  ): void {
    const isDirect = joinsAsIs(this.#parts.spec);
    this.#product([part], placed, from, this.#given, isDirect);
    if (!isDirect) this.#norm(norm, placedNorm, this.#given, this.#residual, true);
  }

  #norm(
    norm: Norm<StoredTensor> | null,
    { scale, shift }: PlacedNorm,
    from: Buffer,
    to: Buffer,
    adds: boolean,
  ): void {
    const isNarrow = to.type === 'float16';
    this.#launch({ kind: 'norm', from, to, adds, norm }, 'normalise', this.#perRow, [
      address(from.address),
      address(scale),
      address(shift),
      address(isNarrow ? to.address : 0),
      address(isNarrow ? 0 : to.address),
      int(adds ? 1 : 0),
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
    const table = turnsTable(rotation, size.nPositions);
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

/** Whether what attention and the feed-forward layer give is added to the stream without a norm or a factor. */
const joinsAsIs = ({ residual, residualScale }: DecoderSpec): boolean =>
  residualScale === 1 && residual !== 'norm-after' && residual !== 'norm-around';
