// Scores one batch of token sequences. Knows the scoring graph's inputs and outputs alone.

import { type InferenceSession, Tensor } from 'onnxruntime-node';

/** Consecutive tokens of a text: log-probabilities are wanted from `nKnown` on, what is before is context. */
export interface StretchRequest {
  readonly text: number;
  /** The place in the text of the first wanted token. */
  readonly start: number;
  /** At most a context's worth and one. */
  readonly tokens: readonly number[];
  /** At least 1: nothing can be said about a token without one before it. */
  readonly nKnown: number;
}

export interface StretchResult {
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

/** Through a scoring graph. */
export function teacherForcing(session: InferenceSession): TeacherForcing {
  return async (tokens, targets, shape) => {
    const { logprob } = await session.run({
      tokens: new Tensor('int32', tokens, shape),
      targets: new Tensor('int32', targets, shape),
    });
    return logprob!.data as Float32Array;
  };
}

export async function scoreBatch(
  force: TeacherForcing,
  stretches: readonly StretchRequest[],
): Promise<readonly StretchResult[]> {
  const nPositions = Math.max(...stretches.map(({ tokens }) => tokens.length)) - 1;
  const tokens = new Int32Array(stretches.length * nPositions);
  const targets = new Int32Array(stretches.length * nPositions);
  for (const [row, stretch] of stretches.entries()) {
    tokens.set(stretch.tokens.slice(0, -1), row * nPositions);
    targets.set(stretch.tokens.slice(1), row * nPositions);
  }
  const all = await force(tokens, targets, [stretches.length, nPositions]);
  return stretches.map(({ text, start, tokens: { length }, nKnown }, row) => ({
    text,
    start,
    logprobs: new Float32Array(all.subarray(row * nPositions + nKnown - 1, row * nPositions + length - 1)),
  }));
}
