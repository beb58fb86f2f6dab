// The parts of a step: each kernel is checked, then timed alone; where it can be cut in several ways, the fastest stays.

import { KernelChecks } from './shaders-checks.ts';
import type { Operation, ShaderDevice } from './shaders-device.ts';
import type { ModelBuffers, ShaderModel } from './shaders-models.ts';
import { nameOf, PRODUCTS, type ProductName, productKernel, shapeOf, type Tile } from './shaders-products.ts';
import type { ShaderConstants } from './shaders-source.ts';
import {
  type ChosenProduct,
  HEAD_SIZE,
  RULE,
  type StepBuffers,
  type StepKernels,
  type StepOperations,
} from './shaders-step.ts';
import type { GpuPipeline } from './shaders-webgpu.ts';

type Emit = (figure: object) => void;

/** Positions on their way at once, and threads of a workgroup. */
const ATTENTION_FORMS = [
  { UNROLLED: 4, THREADS: 128 },
  { UNROLLED: 2, THREADS: 128 },
  { UNROLLED: 8, THREADS: 64 },
  { UNROLLED: 4, THREADS: 64 },
];
/** About so many kernels are a step. */
const N_EMPTY = 140;

/** Kernels that are compiled already, of a device: those of one number of rows serve all. */
export class CompiledKernels {
  readonly #device: ShaderDevice;
  readonly #compiled = new Map<string, Promise<GpuPipeline>>();

  constructor(device: ShaderDevice) {
    this.#device = device;
  }

  get(files: readonly string[], constants: ShaderConstants): Promise<GpuPipeline> {
    const key = JSON.stringify([files, constants]);
    if (!this.#compiled.has(key)) this.#compiled.set(key, this.#device.compile(files, constants));
    return this.#compiled.get(key)!;
  }
}

export interface PartsOf {
  readonly device: ShaderDevice;
  readonly model: ShaderModel;
  readonly weights: ModelBuffers;
  readonly buffers: StepBuffers;
  readonly operations: StepOperations;
  readonly nRows: number;
  readonly tiles: readonly Tile[];
  readonly compiled: CompiledKernels;
}

/** Null where a kernel cannot run, which is told by its name. */
export async function measureParts(parts: PartsOf, emit: Emit): Promise<StepKernels | null> {
  const { device, model, weights, buffers, operations, nRows, compiled } = parts;
  const { width, vocabulary } = model;
  const checks = new KernelChecks(device, model, weights, buffers, nRows);
  const embed = await compiled.get(['embed.wgsl'], { WIDTH: width });
  const norm = await compiled.get(['norm.wgsl'], { WIDTH: width });
  const pick = await compiled.get(['pick.wgsl'], { VOCABULARY: vocabulary, ...RULE });
  const simple = [
    ['embedding', operations.embed(embed), checks.embed],
    ['norm', operations.norm(norm), checks.norm],
    ['pick', operations.pick(pick), checks.pick],
  ] as const;
  for (const [part, operation, check] of simple) {
    const off = await check.call(checks, operation);
    emit({ part, ms: figure(await device.time([operation], model.repetitions / 4)), off: error(off) });
  }
  const empty = Array.from({ length: N_EMPTY }, () => operations.norm(norm, 1));
  const emptyMs = figure(await device.time(empty, model.repetitions / 10));
  emit({ part: `${N_EMPTY} kernels of one row`, ms: emptyMs });
  const attend = await chooseAttention(parts, checks, emit);
  const chosen: Partial<Record<ProductName, ChosenProduct>> = {};
  for (const name of PRODUCTS) {
    const product = await chooseProduct(name, parts, checks, emit);
    if (product !== null) chosen[name] = product;
  }
  const products = chosen as StepKernels['products'];
  if (attend === null || PRODUCTS.some((name) => products[name] === undefined)) return null;
  return { embed, norm, attend, pick, products };
}

async function chooseAttention(
  { device, model, buffers, operations, nRows, compiled }: PartsOf,
  checks: KernelChecks,
  emit: Emit,
): Promise<GpuPipeline | null> {
  const { width, nPositions, nLayers } = model;
  if (device.nLanes < 4) {
    emit({
      part: 'attention',
      skipped: `subgroups of ${device.nLanes} lanes: it takes four or eight a position`,
    });
    return null;
  }
  // Two words of eight halves a lane where a subgroup has four lanes.
  const LANES = Math.min(8, device.nLanes);
  const sizes = { HEADS: width / HEAD_SIZE, CAPACITY: nPositions, LANES, VECTORS: 8 / LANES };
  const position = nPositions >> 1;
  let best: { ms: number; pipeline: GpuPipeline; form: ShaderConstants; off: number } | null = null;
  for (const form of ATTENTION_FORMS) {
    const pipeline = await compiled.get(['attend.wgsl'], { ...sizes, ...form, EIGHT_LANES: LANES === 8 });
    const layers: readonly Operation[] = buffers.caches.map((_, layer) => operations.attend(pipeline, layer));
    const off = await checks.attention(layers[0]!);
    device.write(buffers.position, new Uint32Array(nRows).fill(position));
    const ms = await device.time(layers, model.repetitions / 10);
    if (best === null || ms < best.ms) best = { ms, pipeline, form, off };
  }
  // Keys and values, in halves.
  const nBytes = nLayers * nRows * width * 2 * 2 * (position + 1);
  emit({
    ...{ part: 'attention', layers: nLayers, position, ms: figure(best!.ms) },
    ...{ terabytesPerSecond: figure(nBytes / best!.ms / 1e9), off: error(best!.off) },
    ...{ lanes: LANES, form: best!.form },
  });
  return best!.pipeline;
}

async function chooseProduct(
  name: ProductName,
  { device, model, operations, nRows, compiled, tiles }: PartsOf,
  checks: KernelChecks,
  emit: Emit,
): Promise<ChosenProduct | null> {
  const shape = shapeOf(name, model);
  const part = `product ${name}`;
  let best: { ms: number; product: ChosenProduct; tile: Tile; off: number } | null = null;
  for (const tile of tiles) {
    const { files, constants, ...size } = productKernel(shape, tile);
    if (nRows % size.nRowsOfTile !== 0 || shape.nOut % size.nColumnsOfTile !== 0) continue;
    if (shape.nIn % tile.BK !== 0) continue;
    const product = { ...size, pipeline: await compiled.get(files, constants) };
    const operation = operations.product(name, product);
    const off = await checks.product(name, operations.weight(name), operation);
    const ms = await device.time([operation], name === 'head' ? model.repetitions / 4 : model.repetitions);
    if (best === null || ms < best.ms) best = { ms, product, tile, off };
  }
  if (best === null) {
    emit({ part, skipped: 'no tile divides it' });
    return null;
  }
  const operationsOfIt = 2 * nRows * shape.nIn * shape.nOut;
  emit({
    ...{ part, ms: figure(best.ms), teraflops: figure(operationsOfIt / best.ms / 1e9) },
    ...{ off: error(best.off), tile: nameOf(best.tile) },
  });
  return best.product;
}

export const figure = (x: number) => Number(x.toPrecision(4));
export const error = (x: number) => Number(x.toExponential(1));
