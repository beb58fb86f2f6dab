// How far an approximation of a model is from it: both read the same text, which the exact one makes, and
// their distributions over the next token are compared at every position.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-graph.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import { generateBatch } from '../cached/generate-batch.ts';
import { buildGenerationGraph } from '../cached/generation-graph.ts';
import { KeyValueCache } from '../cached/key-value-cache.ts';

export interface DistributionDistance {
  readonly nPositions: number;
  /** Mean Kullback-Leibler divergence of the approximation from the exact distribution, in nats. */
  readonly meanKl: number;
  readonly maxKl: number;
  /** Mean total variation distance: the share of samples that differ at a position. */
  readonly meanTotalVariation: number;
  /** Share of positions where the most likely token is the same. */
  readonly sameBest: number;
}

/** Compares over `nRows` texts of at most 16 tokens: the loop hands out the logits of one segment. */
export async function measureDistance(
  exact: DecoderModel,
  approximate: DecoderModel,
  nRows: number,
  nThreads: number,
): Promise<DistributionDistance> {
  const config = { ...exact.config, eosTokens: [] };
  const rule = { topK: 40, topP: 1, greedy: false };
  const open = (model: DecoderModel, settings: Pick<SessionSettings, 'packing'> = {}) =>
    openSession(buildGenerationGraph({ ...model, config }, rule, 'tokens-and-logits'), {
      provider: 'cpu',
      nThreads,
      weightFolder: model.weightFolder,
      ...settings,
    });
  // A few steps are not worth the memory that packed weights take.
  const session = await open(exact, { packing: 'none' });
  const rows = Array.from({ length: nRows }, (_, sampleId) => ({ sampleId, prompt: [config.bosToken] }));
  const schedule = { kind: 'constant', temperature: 1 } as const;
  const settings = { config, seed: 0, maxTokens: N_STEPS, schedule };
  const texts = (await generateBatch(session, settings, rows, () => false))!.map(({ tokens }) => tokens);
  const wanted = await readLogits(session, exact, texts);
  await session.release(); // Both models at once would be the most memory that a run ever takes.
  const given = await readLogits(await open(approximate), approximate, texts);
  return compare(wanted, given, config.vocabularySize);
}

const N_STEPS = 16;

/** Float32 [steps, texts, vocabulary]: teacher-forced from the beginning token on. */
async function readLogits(
  session: InferenceSession,
  { config }: DecoderModel,
  texts: readonly Uint32Array[],
): Promise<Float32Array> {
  const nRows = texts.length;
  const forced = new Int32Array(N_STEPS * nRows);
  for (const [row, text] of texts.entries()) {
    for (const [step, token] of text.entries()) forced[step * nRows + row] = token;
  }
  const blank = new Tensor('float64', new Float64Array(N_STEPS * nRows).fill(0.5), [N_STEPS, nRows, 1]);
  const { logits } = await session.run({
    token: new Tensor('int32', new Int32Array(nRows).fill(config.bosToken), [nRows]),
    forced: new Tensor('int32', forced, [N_STEPS, nRows]),
    uniform: blank,
    temperature: blank,
    position: new Tensor('int64', BigInt64Array.of(0n), [1]),
    remaining: new Tensor('int32', new Int32Array(nRows).fill(1), [nRows]),
    ...new KeyValueCache(config, nRows, N_STEPS).inputs(),
  });
  return logits!.data as Float32Array;
}

function compare(wanted: Float32Array, given: Float32Array, width: number): DistributionDistance {
  const nPositions = wanted.length / width;
  let sumKl = 0;
  let maxKl = 0;
  let sumVariation = 0;
  let nSame = 0;
  for (let at = 0; at < wanted.length; at += width) {
    const p = logSoftmax(wanted.subarray(at, at + width));
    const q = logSoftmax(given.subarray(at, at + width));
    let kl = 0;
    for (let i = 0; i < width; i++) {
      const probability = Math.exp(p[i]!);
      kl += probability * (p[i]! - q[i]!);
      sumVariation += Math.abs(probability - Math.exp(q[i]!)) / 2;
    }
    sumKl += kl;
    maxKl = Math.max(maxKl, kl);
    if (indexOfHighest(p) === indexOfHighest(q)) nSame++;
  }
  return {
    nPositions,
    meanKl: sumKl / nPositions,
    maxKl,
    meanTotalVariation: sumVariation / nPositions,
    sameBest: nSame / nPositions,
  };
}

function logSoftmax(logits: Float32Array): Float64Array {
  const highest = logits[indexOfHighest(logits)]!;
  let sum = 0;
  for (const x of logits) sum += Math.exp(x - highest);
  const shift = highest + Math.log(sum);
  return Float64Array.from(logits, (x) => x - shift);
}

function indexOfHighest(values: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
