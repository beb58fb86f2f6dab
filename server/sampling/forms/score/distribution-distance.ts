// Measures how far an approximation of a model is from it: both read the same text, which the exact one makes, and
// their distributions over the next token are compared at every position.

import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import { sampleWithLoop } from '../cached/generate-batch.ts';
import { buildGenerationGraph } from '../cached/generation-graph.ts';

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

/** Compares over `nRows` texts of 16 tokens. */
export async function measureDistance(
  exact: DecoderModel,
  approximate: DecoderModel,
  nRows: number,
  nThreads: number,
): Promise<DistributionDistance> {
  const { bosToken, vocabularySize } = exact.config;
  const starts = Array.from({ length: nRows }, () => [bosToken]);
  // A few steps are not worth the memory that packed weights take.
  const wanted = await readLogits(exact, starts, N_STEPS, { nThreads, packing: 'none' });
  const texts = wanted.texts.map((tokens) => [bosToken, ...tokens.subarray(0, -1)]);
  const given = await readLogits(approximate, texts, 1, { nThreads });
  return compare(wanted.logits, given.logits, vocabularySize);
}

const N_STEPS = 16;
const RULE = { topK: 40, topP: 1, greedy: false };

/** Continues prompts of one length. The logits are those behind every token, float32 [positions, rows, vocabulary]. */
async function readLogits(
  model: DecoderModel,
  prompts: readonly (readonly number[])[],
  maxTokens: number,
  settings: Pick<SessionSettings, 'nThreads' | 'packing'>,
): Promise<{ readonly texts: readonly Uint32Array[]; readonly logits: Float32Array }> {
  // Texts that never end have logits at every step.
  const endless = { ...model, config: { ...model.config, eosTokens: [] } };
  const loop = await openSession(buildGenerationGraph(endless, RULE, 'tokens-and-logits'), {
    provider: 'cpu',
    weightFolder: model.weightFolder,
    ...settings,
  });
  const heard: Float32Array[] = [];
  const sample = sampleWithLoop(loop, endless.config, (logits) => heard.push(logits));
  const rows = prompts.map((prompt, sampleId) => ({ sampleId, prompt }));
  const schedule = { kind: 'constant', temperature: 1 } as const;
  const results = (await sample({ seed: 0, maxTokens, schedule }, rows, () => false))!;
  await loop.release(); // Both models at once would be the most memory that a run ever takes.
  const logits = new Float32Array(heard.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of heard) {
    logits.set(part, at);
    at += part.length;
  }
  return { texts: results.map(({ tokens }) => tokens), logits };
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
