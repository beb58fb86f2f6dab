// Scores one batch of token sequences. Knows the scoring graph's inputs and outputs alone.

import { Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import { buildScoringGraph } from './scoring-graph.ts';
import type { WindowRequest } from './windows.ts';

export interface WindowResult {
  readonly text: number;
  readonly start: number;
  readonly logprobs: Float32Array<ArrayBuffer>;
}

/** Log-probabilities of `targets`, each behind the tokens before it; all three are [rows, positions]. */
export type TeacherForcing = (
  tokens: Int32Array<ArrayBuffer>,
  targets: Int32Array<ArrayBuffer>,
  shape: readonly [nRows: number, nPositions: number],
) => Promise<Float32Array>;

/** Teacher forcing through the scoring graph of a model. */
export async function openScorer(model: DecoderModel, settings: SessionSettings): Promise<TeacherForcing> {
  const session = await openSession(buildScoringGraph(model), settings);
  return async (tokens, targets, shape) => {
    const { logprob } = await session.run({
      tokens: new Tensor('int32', tokens, shape),
      targets: new Tensor('int32', targets, shape),
    });
    return logprob!.data as Float32Array;
  };
}

export async function scoreBatch(
  readTexts: TeacherForcing,
  windows: readonly WindowRequest[],
): Promise<readonly WindowResult[]> {
  const nPositions = Math.max(...windows.map(({ tokens }) => tokens.length)) - 1;
  const tokens = new Int32Array(windows.length * nPositions);
  const targets = new Int32Array(windows.length * nPositions);
  for (const [row, window] of windows.entries()) {
    tokens.set(window.tokens.slice(0, -1), row * nPositions);
    targets.set(window.tokens.slice(1), row * nPositions);
  }
  const all = await readTexts(tokens, targets, [windows.length, nPositions]);
  return windows.map(({ text, start, tokens: { length }, nKnown }, row) => ({
    text,
    start,
    logprobs: new Float32Array(all.subarray(row * nPositions + nKnown - 1, row * nPositions + length - 1)),
  }));
}
