// Whole samples: steps one after the other, each fed with what the one before picked, and what the logits of two forms
// of a step differ by.

import { WrongKernel } from './shaders-checks.ts';
import type { Operation, ShaderDevice } from './shaders-device.ts';
import type { ShaderModel } from './shaders-models.ts';
import type { StepBuffers } from './shaders-step.ts';

/** A step is asked for while the card does those before it; the processor waits for the picks so often. */
const STEPS_BETWEEN_WAITS = 16;
const N_RUNS = 2;
/** Steps after which logits are compared: cache and picks are part of it by then. */
export const N_COMPARED = 4;

export interface StepOfRows {
  readonly device: ShaderDevice;
  readonly model: ShaderModel;
  readonly buffers: StepBuffers;
  readonly nRows: number;
  readonly step: readonly Operation[];
}

export interface Generation {
  readonly tokensPerSecond: number;
  readonly stepMs: number;
  /** What asking for a step takes, beside the card's work. */
  readonly askingMs: number;
}

/** The faster of two runs. Throws where they do not give the same tokens. */
export async function generate(of: StepOfRows): Promise<Generation> {
  const { device, model, buffers, nRows, step } = of;
  let best: Generation | null = null;
  let last: Uint32Array | null = null;
  for (let run = 0; run < N_RUNS; run++) {
    device.write(buffers.token, firstTokens(of));
    await device.wait();
    const startedAt = performance.now();
    let asking = 0;
    for (let at = 0; at < model.nPositions; at++) {
      const askedAt = performance.now();
      device.write(buffers.position, new Uint32Array(nRows).fill(at));
      device.run(step);
      asking += performance.now() - askedAt;
      if ((at + 1) % STEPS_BETWEEN_WAITS === 0) await device.wait();
    }
    await device.wait();
    const stepMs = (performance.now() - startedAt) / model.nPositions;
    if (best === null || stepMs < best.stepMs)
      best = { tokensPerSecond: (1000 * nRows) / stepMs, stepMs, askingMs: asking / model.nPositions };
    const tokens = await readTokens(of);
    if (last !== null && tokens.some((token, row) => token !== last![row]))
      throw new WrongKernel('a second run gives other tokens');
    last = tokens;
  }
  return best!;
}

/** What the first steps were fed with, and the logits after the first and the last of them. */
export interface FirstSteps {
  readonly fed: readonly Uint32Array[];
  readonly first: Float32Array;
  readonly last: Float32Array;
}

/** With `fed`, every step is fed with these tokens, whatever was picked. */
export async function takeFirstSteps(of: StepOfRows, fed?: readonly Uint32Array[]): Promise<FirstSteps> {
  const { device, buffers, nRows, step } = of;
  const logits = async () => new Float32Array(await device.download(buffers.logits));
  const taken: Uint32Array[] = [];
  let first: Float32Array | null = null;
  for (let at = 0; at < N_COMPARED; at++) {
    if (fed !== undefined) device.write(buffers.token, fed[at]!);
    else if (at === 0) device.write(buffers.token, firstTokens(of));
    taken.push(await readTokens(of));
    device.write(buffers.position, new Uint32Array(nRows).fill(at));
    device.run(step);
    if (at === 0) first = await logits();
  }
  return { fed: taken, first: first!, last: await logits() };
}

/** The root of the squared differences, as a part of that of the squares; of some rows alone where they are named. */
export function differenceOf(
  expected: Float32Array,
  made: Float32Array,
  vocabulary: number,
  isTaken: (row: number) => boolean = () => true,
): number {
  let squares = 0;
  let size = 0;
  for (let at = 0; at < expected.length; at++) {
    if (!isTaken(Math.floor(at / vocabulary))) continue;
    squares += (made[at]! - expected[at]!) ** 2;
    size += expected[at]! ** 2;
  }
  return Math.sqrt(squares / size);
}

/** Rows that were fed with another token somewhere. */
export function rowsApart(a: FirstSteps, b: FirstSteps): ReadonlySet<number> {
  const apart = new Set<number>();
  for (const [at, tokens] of a.fed.entries())
    for (const [row, token] of tokens.entries()) if (token !== b.fed[at]![row]) apart.add(row);
  return apart;
}

const firstTokens = ({ model, nRows }: StepOfRows) =>
  Uint32Array.from({ length: nRows }, (_, row) => (row * 31) % model.vocabulary);

const readTokens = async ({ device, buffers }: StepOfRows) =>
  new Uint32Array(await device.download(buffers.token));
