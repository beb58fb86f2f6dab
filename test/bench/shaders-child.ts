// The process that runs shaders: it prints figures, one JSON a line, and ends with 1 for a kernel that is wrong.
// Dawn keeps a process alive, and a fault in it would end the whole bench.

import { WrongKernel } from './shaders-checks.ts';
import { ShaderDevice, TENSOR_CORE_SWITCHES } from './shaders-device.ts';
import {
  differenceOf,
  type FirstSteps,
  generate,
  N_COMPARED,
  rowsApart,
  type StepOfRows,
  takeFirstSteps,
} from './shaders-generate.ts';
import { chooseModels, type ModelBuffers, type ShaderModel, uploadModel } from './shaders-models.ts';
import { CompiledKernels, error, figure, measureParts } from './shaders-parts.ts';
import { freeStepBuffers, makeStepBuffers, StepOperations } from './shaders-step.ts';

/** Logits of the same model that differ by more are not its logits. */
const MOST_APART = 2e-3;

type Products = '32 bits' | 'tensor cores';
type Emit = (figure: object) => void;

const emit: Emit = (told) => console.log(JSON.stringify(told));

async function measureProducts(model: ShaderModel, products: Products, known: Map<number, FirstSteps>) {
  const device = await ShaderDevice.open(products === '32 bits' ? [] : TENSOR_CORE_SWITCHES);
  if (device === null) return emit({ products, skipped: 'WebGPU finds no card' });
  if (products === 'tensor cores' && device.tensorCores !== 'there')
    return emit({ products, device: device.name, skipped: device.tensorCores.missing });
  emit({ products, device: device.name, lanes: device.nLanes });
  const weights = uploadModel(device, model);
  const compiled = new CompiledKernels(device);
  for (const nRows of model.rows)
    await measureRows({ device, model, weights, products, compiled, nRows }, known, (told) =>
      emit({ products, rows: nRows, ...told }),
    );
  device.end();
}

interface RowsOf {
  readonly device: ShaderDevice;
  readonly model: ShaderModel;
  readonly weights: ModelBuffers;
  readonly products: Products;
  readonly compiled: CompiledKernels;
  readonly nRows: number;
}

async function measureRows(of: RowsOf, known: Map<number, FirstSteps>, emitOfRows: Emit): Promise<void> {
  const { device, model, weights, products, nRows } = of;
  const buffers = makeStepBuffers(device, model, nRows);
  const operations = new StepOperations(device, model, weights, buffers, nRows);
  const tiles = products === '32 bits' ? model.floatTiles : model.matrixTiles;
  const kernels = await measureParts({ ...of, buffers, operations, tiles }, emitOfRows);
  if (kernels !== null) {
    const step = operations.step(kernels);
    const whole: StepOfRows = { device, model, buffers, nRows, step };
    const { tokensPerSecond, stepMs, askingMs } = await generate(whole);
    emitOfRows({
      ...{ what: 'generation', positions: model.nPositions, dispatches: step.length },
      ...{ tokensPerSecond: Math.round(tokensPerSecond), stepMs: figure(stepMs), askingMs: figure(askingMs) },
    });
    const own = await takeFirstSteps(whole);
    const other = known.get(nRows);
    if (other === undefined) known.set(nRows, own);
    else await compareLogits(whole, own, other, emitOfRows);
  }
  freeStepBuffers(buffers);
}

/** Given the same tokens the two forms must agree; left alone, a row may pick another token of two that are as likely. */
async function compareLogits(whole: StepOfRows, own: FirstSteps, other: FirstSteps, emitOfRows: Emit) {
  const { vocabulary } = whole.model;
  const given = await takeFirstSteps(whole, other.fed);
  const apart = rowsApart(own, other);
  const sameTokens = differenceOf(other.last, given.last, vocabulary);
  emitOfRows({
    what: 'logits of both forms',
    firstStep: error(differenceOf(other.first, own.first, vocabulary)),
    steps: N_COMPARED,
    sameTokens: error(sameTokens),
    ownTokens: error(differenceOf(other.last, own.last, vocabulary)),
    rowsWithOtherTokens: apart.size,
    rowsWithTheSame: error(differenceOf(other.last, own.last, vocabulary, (row) => !apart.has(row))),
  });
  if (!(sameTokens <= MOST_APART)) throw new WrongKernel(`logits differ by ${sameTokens} of their size`);
}

for (const model of chooseModels(process.argv[2])) {
  const known = new Map<number, FirstSteps>();
  for (const products of ['32 bits', 'tensor cores'] as const) await measureProducts(model, products, known);
}
process.exit(0);
