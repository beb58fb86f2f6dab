// What every form of the graph is fed for some steps of a batch, and how its picks are taken over. All rows stand at
// the same position, so a step is one position of all rows. Knows no graph, only what all of them have in common.

import { Tensor } from 'onnxruntime-node';
import { uniformAt } from '../pick/philox.ts';
import type { Arithmetic } from '../pick/pick-on-device.ts';
import { temperatureAt } from '../pick/schedule.ts';
import type { GenerationSettings, Row } from './rows.ts';

/** Which steps a run is to make. */
interface StepsToFeed {
  /** The position of the first step. */
  readonly start: number;
  /** How the graph counts steps: [steps], or [iterations, steps of an iteration]. */
  readonly shape: readonly number[];
  /** Rows of the graph's batch: where there are fewer, it is filled up with rows that want nothing. */
  readonly nRows: number;
  /** What noise and temperatures are handed over in. */
  readonly arithmetic: Arithmetic;
}

/** `teacherForced`, `uniform` and `temperature` have a value for each step and row. */
interface StepFeed {
  /** int32 [rows]: the tokens to feed first. */
  readonly token: Tensor;
  /** int32 [rows]: picks left to each row. */
  readonly remaining: Tensor;
  /** int32 [...shape, rows]: what to feed after each step, or -1 for what was picked. */
  readonly teacherForced: Tensor;
  /** [...shape, rows, 1]: the noise of each pick, in [0, 1). */
  readonly uniform: Tensor;
  /** [...shape, rows, 1] */
  readonly temperature: Tensor;
}

export function feedSteps(
  rows: readonly Row[],
  { seed, schedule }: GenerationSettings,
  { start, shape, nRows, arithmetic }: StepsToFeed,
): StepFeed {
  const nSteps = shape.reduce((product, size) => product * size, 1);
  const FloatArray = arithmetic === 'float64' ? Float64Array : Float32Array;
  const token = new Int32Array(nRows);
  const remaining = new Int32Array(nRows);
  const teacherForced = new Int32Array(nSteps * nRows).fill(-1);
  const uniform = new FloatArray(nSteps * nRows);
  const temperature = new FloatArray(nSteps * nRows).fill(1);
  for (const [i, row] of rows.entries()) {
    token[i] = row.tokenAt(start);
    remaining[i] = row.remaining;
    for (let step = 0; step < nSteps; step++) {
      const at = step * nRows + i;
      // While the prompt is being read nothing is picked, and any noise will do.
      const nPicked = Math.max(0, row.stepAt(start + step));
      teacherForced[at] = row.teacherForcedAt(start + step + 1);
      uniform[at] = uniformAt(seed, row.sampleId, nPicked);
      temperature[at] = temperatureAt(schedule, nPicked);
    }
  }
  const perPick = [...shape, nRows, 1];
  return {
    token: new Tensor('int32', token, [nRows]),
    remaining: new Tensor('int32', remaining, [nRows]),
    teacherForced: new Tensor('int32', teacherForced, [...shape, nRows]),
    uniform: new Tensor(arithmetic, uniform as Float64Array, perPick),
    temperature: new Tensor(arithmetic, temperature as Float64Array, perPick),
  };
}

/** Takes over what a run picked, `picked` int32 and `logprob` float32 [steps, rows], from the position `start` on. */
export function takeSteps(
  rows: readonly Row[],
  { start, nRows }: Pick<StepsToFeed, 'start' | 'nRows'>,
  { picked, logprob }: Readonly<Record<string, Tensor>>,
  eosTokens: readonly number[],
): void {
  const tokens = picked!.data as Int32Array;
  const logprobs = logprob!.data as Float32Array;
  for (let at = 0; at < tokens.length; at++) {
    const position = start + Math.floor(at / nRows);
    rows[at % nRows]?.take(position, tokens[at]!, logprobs[at]!, eosTokens);
  }
}
