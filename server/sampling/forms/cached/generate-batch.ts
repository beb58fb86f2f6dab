// Drives the generation loop for one batch: segment after segment until every row has ended. Knows the
// graph's inputs and outputs; knows nothing of threads, studies or text.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { uniformAt } from '../../pick/philox.ts';
import { type Schedule, temperatureAt } from '../../pick/schedule.ts';
import { SampleRow } from '../sample-row.ts';
import { KeyValueCache } from './key-value-cache.ts';

export interface RowRequest {
  readonly sampleId: number;
  /** At least one token: the first is fed to start with. */
  readonly prompt: readonly number[];
}

export interface RowResult {
  readonly sampleId: number;
  /** What was picked, with the end token where there is one. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Natural logarithm of each token's probability under the untruncated softmax at temperature 1. */
  readonly logprobs: Float32Array<ArrayBuffer>;
  readonly ended: 'eos' | 'length';
}

export interface GenerationSettings {
  readonly config: DecoderSpec;
  readonly seed: number;
  readonly maxTokens: number;
  readonly schedule: Schedule;
}

/** How long one run may block its thread: what a user waits for after cancelling. */
const RUN_MS = 400;
const FIRST_RUN_STEPS = 4;

/** The results in the order of the rows, or null when `isStopped` said so before the end. */
export async function generateBatch(
  session: InferenceSession,
  settings: GenerationSettings,
  requests: readonly RowRequest[],
  isStopped: () => boolean,
): Promise<readonly RowResult[] | null> {
  const { config, maxTokens } = settings;
  const all = requests.map((request) => new SampleRow(request, maxTokens));
  let rows = all;
  const nPositions = Math.max(...rows.map((row) => row.stepsLeft(0)));
  const cache = new KeyValueCache(config, rows.length, nPositions);
  let position = 0;
  let affordableSteps = FIRST_RUN_STEPS;
  while (rows.some((row) => row.remaining > 0)) {
    if (isStopped()) return null;
    const startedAt = performance.now();
    const nLeft = Math.max(...rows.map((row) => row.stepsLeft(position)));
    const nSteps = Math.min(cache.nToBoundary, nLeft, affordableSteps);
    const inputs = { ...buildInputs(rows, settings, position, nSteps), ...cache.inputs() };
    const outputs = await session.run(inputs);
    const nDone = outputs.picked!.dims[0]!;
    takeTokens(rows, config, position, outputs);
    position += nDone;
    cache.advance(nDone, outputs);
    if (cache.nToBoundary === 0 && rows.some((row) => row.remaining > 0)) {
      cache.closeSegment();
      const kept = rowsWorthKeeping(rows);
      if (kept.length < rows.length) {
        cache.keepRows(kept);
        rows = kept.map((i) => rows[i]!);
      }
    }
    const stepMs = (performance.now() - startedAt) / nDone;
    affordableSteps = Math.max(1, Math.floor(RUN_MS / stepMs));
  }
  return all.map((row) => row.result());
}

function takeTokens(
  rows: readonly SampleRow[],
  { eosTokens }: DecoderSpec,
  position: number,
  { picked, logprob }: Awaited<ReturnType<InferenceSession['run']>>,
): void {
  const tokens = picked!.data as Int32Array;
  const logprobs = logprob!.data as Float32Array;
  for (let at = 0; at < tokens.length; at++) {
    const row = rows[at % rows.length]!;
    row.take(position + Math.floor(at / rows.length), tokens[at]!, logprobs[at]!, eosTokens);
  }
}

/** Rows that ended cost as much as others, but dropping them rewrites the cache: only many at once pay. */
export function rowsWorthKeeping(rows: readonly SampleRow[]): readonly number[] {
  const alive = [...rows.keys()].filter((i) => rows[i]!.remaining > 0);
  return alive.length <= 0.75 * rows.length ? alive : [...rows.keys()];
}

function buildInputs(
  rows: readonly SampleRow[],
  { seed, schedule }: GenerationSettings,
  position: number,
  nSteps: number,
): Record<string, Tensor> {
  const nRows = rows.length;
  const forced = new Int32Array(nSteps * nRows);
  const uniform = new Float64Array(nSteps * nRows);
  const temperature = new Float64Array(nSteps * nRows);
  for (let i = 0; i < forced.length; i++) {
    const row = rows[i % nRows]!;
    const at = position + Math.floor(i / nRows);
    const step = Math.max(0, row.stepAt(at));
    forced[i] = row.forcedAt(at + 1);
    uniform[i] = uniformAt(seed, row.sampleId, step);
    temperature[i] = temperatureAt(schedule, step);
  }
  const perRow = (value: (row: SampleRow) => number) =>
    new Tensor('int32', Int32Array.from(rows, value), [nRows]);
  return {
    token: perRow((row) => row.tokenAt(position)),
    remaining: perRow((row) => row.remaining),
    forced: new Tensor('int32', forced, [nSteps, nRows]),
    uniform: new Tensor('float64', uniform, [nSteps, nRows, 1]),
    temperature: new Tensor('float64', temperature, [nSteps, nRows, 1]),
    position: new Tensor('int64', BigInt64Array.of(BigInt(position)), [1]),
  };
}
