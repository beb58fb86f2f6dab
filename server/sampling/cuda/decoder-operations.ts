// A decoder as what the device is asked for, one thing after the other: at most eleven a layer. Rows are tokens; what
// they see of each other is for whoever gives the attention.

import { type DecoderSpec, keyWidth, queryWidth, type Rotation } from '../decoder/decoder-spec.ts';
import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import { keyOf } from '../decoder/rotation.ts';
import type { CudaDriver, DeviceAddress, Kernel, KernelParameter, LaunchSize } from './cuda-driver.ts';
import { ROW_THREADS } from './kernel-sizes.ts';
import type { MatrixProducts } from './matrix-product.ts';
import { address, type Buffer, int, launchOf, type Operation, type OperationFacts } from './operation.ts';
import { NO_NORM, type PlacedLinear, type PlacedNorm, type PlacedWeights, partsOf } from './place-weights.ts';
import { turnsTable } from './position-tables.ts';

/** What the operations need of the device. */
export interface DecoderParts {
  readonly driver: CudaDriver;
  readonly kernel: (name: string) => Kernel;
  readonly products: MatrixProducts;
  readonly spec: DecoderSpec;
  readonly weights: DecoderWeights;
  readonly placed: PlacedWeights;
  readonly nRows: number;
  /** Positions that there are tables for. */
  readonly nPositions: number;
  /** int32 [row]. */
  readonly token: DeviceAddress;
  /** int32 [row], of that token. */
  readonly position: DeviceAddress;
  /** Whether products may apply an activation that the library knows: it saves a way through memory where rows are many. */
  readonly joinsActivation: boolean;
}

/** From queries, keys and values to what they attend to. `turns` are cosines and sines of the layer's rotation, or 0. */
export type AttendLayer = (
  layer: number,
  qkv: Buffer,
  attended: Buffer,
  turns: DeviceAddress,
) => readonly Operation[];

/** What a head reads, and to where its logits go. */
export interface HeadParts {
  readonly nRows: number;
  readonly logits: DeviceAddress;
  /** int32 [row]: which of the residual sums are read; 0 for all. */
  readonly rows: DeviceAddress;
}

export class DecoderOperations {
  readonly #parts: DecoderParts;
  readonly #attendLayer: AttendLayer;
  #operations: Operation[] = [];
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
  /** What the head reads, where it has rows of its own. */
  #headInputs: readonly [normed: Buffer, narrow: Buffer] | undefined;

  constructor(parts: DecoderParts, attendLayer: AttendLayer) {
    this.#parts = parts;
    this.#attendLayer = attendLayer;
    const { driver, spec, weights, nRows } = parts;
    const { width, attention, mlp } = spec;
    const buffer = (type: Buffer['type'], values: number) => this.#allocate(type, nRows, values);
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
    driver.clear(this.#attended.address, 2 * nRows * queryWidth(attention));
  }

  /** Everything before the head. */
  layers(): readonly Operation[] {
    return this.#collect(() => {
      this.#embed();
      for (const at of this.#parts.weights.layers.keys()) this.#layer(at);
    });
  }

  /** From the residual sums to logits; those of wanted rows lie one behind the other. */
  head({ nRows, logits: to, rows }: HeadParts): readonly Operation[] {
    const { spec, weights, placed } = this.#parts;
    const { headProjection } = weights;
    const [normed, narrow] = rows === 0 ? [this.#normed, this.#narrow] : this.#inputsOfHead(nRows);
    const logits = { address: to, type: 'float32', width: placed.head.nOut } as const;
    return this.#collect(() => {
      this.#norm(weights.finalNorm, placed.finalNorm, this.#residual, normed, false, { nRows, rows });
      if (headProjection !== null && placed.headProjection !== null)
        this.#product([headProjection], placed.headProjection, normed, narrow, false, nRows);
      this.#product([weights.head], placed.head, narrow, logits, false, nRows);
      if (spec.logits.scale === 1 && spec.logits.cap === null) return;
      const nBlocks = Math.min(8192, Math.ceil((nRows * logits.width) / 512));
      this.#launch({ kind: 'limit', logits }, 'limitLogits', { blocks: [nBlocks], threads: 256 }, [
        address(logits.address),
        int(nRows),
      ]);
    });
  }

  #inputsOfHead(nRows: number): readonly [normed: Buffer, narrow: Buffer] {
    const { spec, weights } = this.#parts;
    if (this.#headInputs === undefined) {
      const normed = this.#allocate('float16', nRows, spec.width);
      const isNarrower = weights.headProjection !== null;
      this.#headInputs = [
        normed,
        isNarrower ? this.#allocate('float16', nRows, spec.embeddingWidth) : normed,
      ];
    }
    return this.#headInputs;
  }

  #collect(ask: () => void): readonly Operation[] {
    this.#operations = [];
    ask();
    return this.#operations;
  }

  #allocate(type: Buffer['type'], nRows: number, width: number): Buffer {
    return {
      address: this.#parts.driver.allocate((type === 'float16' ? 2 : 4) * nRows * width),
      type,
      width,
    };
  }

  #embed(): void {
    const { weights, placed, token, position } = this.#parts;
    const projection = weights.embeddingProjection;
    const isProjected = projection !== null && placed.embeddingProjection !== null;
    const to = isProjected ? this.#narrow : this.#residual;
    const parts = isProjected || placed.positions === 0 ? 'tokens' : 'tokens-and-positions';
    this.#launch({ kind: 'embed', to, parts }, 'embed', this.#perRow, [
      address(token),
      address(position),
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
      address(position),
      address(placed.positions),
      address(this.#residual.address),
    ]);
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
    const { spec, weights, placed } = this.#parts;
    this.#product(partsOf(weights.layers[at]!.qkv), placed.layers[at]!.qkv, this.#normed, this.#qkv, false);
    this.#normaliseHeads(at);
    const { rotation } = spec.attention.layers[at]!;
    const turns = rotation === null ? 0 : this.#turnsOf(rotation);
    for (const one of this.#attendLayer(at, this.#qkv, this.#attended, turns)) this.#operations.push(one);
  }

  #normaliseHeads(at: number): void {
    const { spec, nRows, placed } = this.#parts;
    const { queryNorm, keyNorm, headOrder } = placed.layers[at]!;
    if (queryNorm === null || keyNorm === null) return;
    const isByHead = spec.attention.queryKeyNorm === 'head';
    const nVectors = isByHead ? spec.attention.nHeads + spec.attention.nKeyHeads : 2;
    this.#launch(
      { kind: 'head-norms', layer: at, qkv: this.#qkv },
      isByHead ? 'normaliseHeads' : 'normaliseAllHeads',
      { blocks: [nVectors, nRows], threads: ROW_THREADS },
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
    const { spec, nRows } = this.#parts;
    const { gate, up } = this.#parts.weights.layers[at]!;
    const parts = gate === null ? [up] : [gate, up];
    const placed = this.#parts.placed.layers[at]!.up;
    const { gated, activation } = spec.mlp;
    if (this.#parts.joinsActivation && !gated && activation === 'tanh-gelu' && placed.bias !== null) {
      this.#product(parts, placed, this.#normed, this.#inner, false, nRows, activation);
      return;
    }
    this.#product(parts, placed, this.#normed, this.#inner, false);
    const nBlocks = Math.min(8192, Math.ceil((nRows * spec.mlp.innerWidth) / 512));
    const facts = { kind: 'activate', from: this.#inner, to: this.#activated } as const;
    this.#launch(facts, 'activate', { blocks: [nBlocks], threads: 256 }, [
      address(this.#inner.address),
      address(this.#activated.address),
      int(nRows),
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
    { nRows, rows } = { nRows: this.#parts.nRows, rows: 0 },
  ): void {
    const isNarrow = to.type === 'float16';
    const facts = { kind: 'norm', from, to, adds, norm, rows: rows === 0 ? 'all' : 'wanted' } as const;
    this.#launch(facts, 'normalise', { blocks: [nRows], threads: ROW_THREADS }, [
      address(from.address),
      address(scale),
      address(shift),
      address(isNarrow ? to.address : 0),
      address(isNarrow ? 0 : to.address),
      int(adds ? 1 : 0),
      address(rows),
    ]);
  }

  #product(
    parts: readonly Linear<StoredTensor>[],
    { weight, bias, layout, nIn, nOut }: PlacedLinear,
    from: Buffer,
    to: Buffer,
    adds: boolean,
    nRows = this.#parts.nRows,
    activation?: 'tanh-gelu',
  ): void {
    const { products } = this.#parts;
    const activated = activation && { activation };
    const shape = { nRows, nIn, nOut, layout, output: to.type, adds, ...activated } as const;
    const ask = products.plan(shape, { input: from.address, weight, bias, output: to.address });
    const name = `${nIn} × ${nOut}`;
    this.#operations.push({
      name,
      ask,
      facts: { kind: 'product', from, to, adds, parts, isActivated: activation !== undefined },
    });
  }

  /** Cosines and sines, float32 [position, pair, 2]. */
  #turnsOf(rotation: Rotation): DeviceAddress {
    const known = this.#turns.get(keyOf(rotation));
    if (known !== undefined) return known;
    const { driver, nPositions } = this.#parts;
    const table = turnsTable(rotation, nPositions);
    const to = driver.allocate(table.byteLength);
    driver.upload(to, table);
    this.#turns.set(keyOf(rotation), to);
    return to;
  }

  get #perRow(): LaunchSize {
    return { blocks: [this.#parts.nRows], threads: ROW_THREADS };
  }

  #launch(
    facts: OperationFacts,
    name: string,
    size: LaunchSize,
    parameters: readonly KernelParameter[],
  ): void {
    this.#operations.push(launchOf(this.#parts, facts, name, () => size, parameters));
  }
}

/** Whether what attention and the feed-forward layer give is added to the stream without a norm or a factor. */
const joinsAsIs = ({ residual, residualScale }: DecoderSpec): boolean =>
  residualScale === 1 && residual !== 'norm-after' && residual !== 'norm-around';
