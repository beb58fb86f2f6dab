// Samples a model as a plan says: the stage's one door. Each sample comes exactly once, in batches as they
// finish, and depends on the plan, the model and the graph form alone.

import { dirname } from 'node:path';
import type { Execution, Provider, SamplingPlan } from '../../protocol/study.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import type { DecoderModel } from './decoder/decoder-model.ts';
import type { DecoderWeights } from './decoder/decoder-weights.ts';
import type { ModelFact } from './decoder/model-fact.ts';
import { nameForm, type ProcessorForm } from './forms/graph-form.ts';
import type { RowRequest, RowResult } from './forms/rows.ts';
import type { DistributionDistance } from './forms/score/distribution-distance.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import { rowsFact } from './model/model-facts.ts';
import { findRuntime } from './onnx/find-runtime.ts';
import type { SessionSettings } from './onnx/session.ts';
import { type PreparedPlan, preparePlan } from './prepare-plan.ts';
import { BatchQueue } from './run/batch-queue.ts';
import { BatchSizeSearch } from './run/batch-size-search.ts';
import { type ChosenDevices, chooseDevices } from './run/choose-devices.ts';
import type { ProviderChoice } from './run/choose-provider.ts';
import { aloneNote, chooseRowsAtOnce } from './run/choose-rows-at-once.ts';
import { cutBatches } from './run/cut-batches.ts';
import { runOnDevices } from './run/device-pool.ts';
import type { SampledModel } from './run/open-sampler.ts';
import { planExecution } from './run/plan-execution.ts';
import { keepPacked, quantizeModel } from './run/quantize-model.ts';
import type { SpareDevices } from './run/spare-devices.ts';
import {
  chooseHeld,
  floatBytes,
  gigabytes,
  type Held,
  memoryHere,
  packedNote,
} from './run/weights-in-memory.ts';
import { runBatches } from './run/worker-pool.ts';
import { decodeTokens } from './tokenizer/token-bytes.ts';

export interface GeneratedSample {
  readonly sampleId: number;
  /** Which of the plan's prompts it continues; null where the strategy has none. */
  readonly promptIndex: number | null;
  /** The end token included, if there is one; the prompt not. */
  readonly tokens: Uint32Array;
  /** Natural logarithms of the tokens' probabilities under the untruncated softmax at temperature 1. */
  readonly logprobs: Float32Array;
  /** UTF-8 bytes as the model wrote them, which may end inside a character. */
  readonly text: Uint8Array;
  readonly ended: 'eos' | 'length';
}

/** What ran, for the study's record. */
export interface SamplerEnvironment {
  readonly provider: Provider;
  /** Part of a sample's key, with the provider. */
  readonly form: string;
  readonly batch: number;
  readonly workers: number;
  readonly runtime: string;
  /** Why something slower than asked for runs, in sentences. */
  readonly fallbacks: readonly string[];
  /** What a probe found of a graph that was made elsewhere. */
  readonly found?: readonly ModelFact[];
  /** With 8-bit products: how far their distribution is from that of 32-bit floats. */
  readonly distance?: DistributionDistance;
}

export interface SampleRequest {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly plan: SamplingPlan;
  readonly execution: Execution;
  readonly isDone: (sampleId: number) => boolean;
  readonly signal: AbortSignal;
  /** Called when sampling starts, and again whenever it had to be changed on the way. */
  readonly onEnvironment: (environment: SamplerEnvironment) => void;
  /** Processes of the provider that was named, if it was. */
  readonly spares?: SpareDevices | undefined;
  /** Hears how work that is done elsewhere is getting on, in words. */
  readonly say?: (words: string) => void;
}

export async function* sampleModel(asked: SampleRequest): AsyncGenerator<readonly GeneratedSample[]> {
  yield* sampleRows(asked, await preparePlan(asked.checkpoint, asked.plan, asked.signal));
}

/** For whoever has prompts of tokens, and no plan that says them. */
export async function* sampleRows(
  asked: SampleRequest,
  prepared: PreparedPlan,
): AsyncGenerator<readonly GeneratedSample[]> {
  const { plan, signal } = asked;
  const request = { ...asked, checkpoint: endingWith(asked.checkpoint, prepared.eosTokens) };
  const { checkpoint } = request;
  const { tokenBytes, firstSpace } = checkpoint;
  const pending: RowRequest[] = [];
  for (let sampleId = 0; sampleId < plan.nSamples; sampleId++) {
    if (!request.isDone(sampleId)) pending.push({ sampleId, prompt: prepared.promptOf(sampleId).tokens });
  }
  if (pending.length === 0) return;
  const runtime = findRuntime();
  const { chosen, fallbacks: devicesPassedOver } = await chooseDevicesFor(request, prepared);
  const passedOver = [...prepared.notes, ...devicesPassedOver];
  const finish = (row: RowResult): GeneratedSample => {
    const promptIndex = prepared.promptOf(row.sampleId).index;
    const own = row.ended === 'eos' ? row.tokens.subarray(0, -1) : row.tokens;
    // What continues a prompt is in the middle of a text.
    const text = decodeTokens(tokenBytes, own, promptIndex === null ? firstSpace : 'kept');
    return { ...row, promptIndex, text };
  };
  if (chosen !== null) {
    const { provider, form, nRows, devices, proven, end } = chosen;
    const environment = { provider, form, batch: nRows, workers: devices.length, runtime };
    try {
      request.onEnvironment({ ...environment, fallbacks: passedOver });
      const batches = cutBatches(pending, nRows, devices.length);
      for await (const rows of runOnDevices(devices, batches, signal, proven)) {
        yield rows.map(finish);
      }
    } finally {
      end();
    }
    return;
  }
  const held = checkpoint.kind === 'weights' ? chooseHeld(checkpoint.weights, plan.int8) : 'floats';
  const model = await toModel(checkpoint, plan, held, signal);
  const rows = await chooseRowsAtOnce(checkpoint, signal);
  const execution = rows === 'alone' ? { ...request.execution, batch: 1 } : request.execution;
  const planned = planExecution(execution, checkpoint, pending.length, prepared.nPositions);
  const { provider, workers, nThreads, idle } = planned;
  const sizes = new BatchSizeSearch(planned.batch, planned.largestBatch, workers);
  const queue = new BatchQueue(pending, sizes);
  const alone = 'decoder' in model && rows === 'alone' ? [aloneNote(model.decoder)] : [];
  const hasRoomForFloats = checkpoint.kind !== 'weights' || floatBytes(checkpoint.weights) <= memoryHere();
  const ofWeights =
    plan.int8 && checkpoint.kind === 'weights' && !hasRoomForFloats
      ? [unmeasuredNote(checkpoint.weights)]
      : held === 'packed' && checkpoint.kind === 'weights'
        ? [packedNote(checkpoint.weights)]
        : [];
  const fallbacks = [...passedOver, ...planned.fallbacks, ...alone, ...ofWeights];
  const form: ProcessorForm = 'decoder' in model ? { kind: 'exported', rows } : { kind: 'cached' };
  const weightFolder = 'decoder' in model ? dirname(model.decoder.path) : model.weightFolder;
  const session = { provider, nThreads, idle, weightFolder };
  const distance =
    plan.int8 && hasRoomForFloats && !('decoder' in model)
      ? await measure(model, session, signal)
      : undefined;
  const report = () => {
    const environment = {
      provider,
      form: nameForm(form, held === 'floats' ? undefined : held),
      batch: queue.size,
      workers,
      runtime,
    };
    const facts = {
      ...(distance === undefined ? {} : { distance }),
      ...('decoder' in model ? { found: [rowsFact(model.decoder.path, rows)] } : {}),
    };
    request.onEnvironment({ ...environment, ...facts, fallbacks: [...fallbacks] });
  };
  report();
  const onTooLarge = (batch: readonly RowRequest[]) => {
    queue.giveBack(batch);
    fallbacks.push(`A batch of ${batch.length} does not fit into memory: going on with ${queue.size}.`);
    report();
  };
  const onDone = (rows: readonly RowResult[], elapsedMs: number) => {
    const nTokens = rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
    if (sizes.observe(rows.length, nTokens, elapsedMs) === 'better') report();
  };
  const { rule, schedule } = prepared;
  const settings = { seed: plan.seed, maxTokens: plan.maxTokens, schedule };
  const task = { kind: 'generate', model, rule, form, settings } as const;
  const start = { session, task };
  for await (const rows of runBatches<'generate'>(start, workers, queue, signal, onTooLarge, onDone)) {
    yield rows.map(finish);
  }
}

async function toModel(
  checkpoint: Checkpoint | ExportedModel,
  { int8 }: SamplingPlan,
  held: Held,
  signal: AbortSignal,
): Promise<SampledModel> {
  const { config } = checkpoint;
  if (checkpoint.kind === 'exported') {
    const { decoder } = checkpoint;
    if (!int8) return { decoder, config };
    throw new UserError(`${decoder.path} is an exported model and computes as it was exported.`, {
      action: 'Leave the 8-bit option out, or choose a folder with model.safetensors in it.',
    });
  }
  if (int8) return quantizeModel(checkpoint, signal);
  if (held === 'packed') return keepPacked(checkpoint, signal);
  const { weights, weightFolder } = checkpoint;
  return { config: checkpoint.config, weights, weightFolder };
}

/** Chooses devices, unless the plan can run on the CPU alone: exported models and 8-bit products have no other form. */
async function chooseDevicesFor(
  { checkpoint, plan, execution, signal, spares }: SampleRequest,
  { rule, schedule, nPositions }: PreparedPlan,
): Promise<ProviderChoice<ChosenDevices>> {
  if (checkpoint.kind === 'exported' || plan.int8) return { chosen: null, fallbacks: [] };
  const settings = { seed: plan.seed, maxTokens: plan.maxTokens, schedule };
  return chooseDevices({
    execution,
    checkpoint,
    rule,
    settings,
    nSamples: plan.nSamples,
    nPositions,
    signal,
    spares,
  });
}

/** Measures the distance of 8-bit products in a thread of its own, like everything that runs the model. */
async function measure(
  model: DecoderModel,
  session: SessionSettings,
  signal: AbortSignal,
): Promise<DistributionDistance> {
  const start = { session, task: { kind: 'compare', model } } as const;
  const request = [[{ nRows: COMPARED_ROWS }]].values();
  for await (const [distance] of runBatches<'compare'>(start, 1, request, signal, refuseComparison)) {
    if (distance !== undefined) return distance;
  }
  throw new EnvironmentError('The 8-bit products could not be compared with the floats');
}

/** A model that has to be sampled in 8 bits could not be beside itself in floats. */
const unmeasuredNote = (weights: DecoderWeights): string =>
  `How far 8-bit products are from floats was not measured: the floats take up to ${gigabytes(floatBytes(weights))}, ` +
  `and there are ${gigabytes(memoryHere())} of memory here.`;

const COMPARED_ROWS = 16;

function refuseComparison(): never {
  throw new EnvironmentError('There is too little memory to compare 8-bit products with floats', {
    action: 'Leave --int8 out.',
  });
}

const endingWith = <Model extends Checkpoint | ExportedModel>(
  model: Model,
  eosTokens: readonly number[],
): Model => ({ ...model, config: { ...model.config, eosTokens } });
