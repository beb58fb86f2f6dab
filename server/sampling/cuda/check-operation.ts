// Asks a card for one operation, and compares a few of its rows with what plain arithmetic gives of what they read.

import type { CudaDriver } from './cuda-driver.ts';
import type { Buffer as DeviceBuffer, Operation, OperationFacts } from './decoder-operations.ts';
import type { Vector } from './plain-activation.ts';
import type { Expected, TokenAt } from './plain-operations.ts';

/** Ten times what 16 bits round to, relative to the size of what is compared; wrong results are off by about 1. */
const TOLERANCE = 0.005;
/** In nats: sums over a vocabulary are in 32 bits. */
export const LOGPROB_TOLERANCE = 1e-3;

/** What is wrong, in words, or null; and the largest difference that was seen, relative to the size of what was compared. */
export interface Proof {
  readonly wrong: string | null;
  readonly worst: number;
}

/** A row that is looked at. */
export interface CheckedRow extends TokenAt {
  /** Its place in the buffers. */
  readonly at: number;
  /** In the residual sums, where wanted rows are taken out of them. */
  readonly from: number;
}

export type Expect = (facts: OperationFacts, row: CheckedRow, input: Vector) => Expected;

export class OperationChecks {
  /** The largest difference so far. */
  worst = 0;
  readonly #driver: CudaDriver;

  constructor(driver: CudaDriver) {
    this.#driver = driver;
  }

  /** Null, or what is wrong. */
  check({ facts, ask, name }: Operation, rows: readonly CheckedRow[], expect: Expect): string | null {
    const source = inputOf(facts);
    const isTakenOut = facts.kind === 'norm' && facts.rows === 'wanted';
    const inputs = rows.map(({ at, from }) =>
      source === null ? [] : this.row(source, isTakenOut ? from : at),
    );
    const target = outputOf(facts);
    const isAdded = 'adds' in facts ? facts.adds : facts.kind === 'embed' && facts.parts === 'positions';
    const old = target !== null && isAdded ? rows.map(({ at }) => this.row(target, at)) : null;
    ask();
    if (target === null) return null;
    for (const [i, row] of rows.entries()) {
      const after = this.row(target, row.at);
      const actual = old === null ? after : after.map((value, j) => value - old[i]![j]!);
      const error = relativeError(actual, expect(facts, row, inputs[i]!));
      this.worst = Math.max(this.worst, error);
      if (!(error <= TOLERANCE)) return `${name}: it is off by ${error.toExponential(1)} of its size`;
    }
    return null;
  }

  row({ address, type, width }: DeviceBuffer, at: number): Vector {
    const values = type === 'float32' ? new Float32Array(width) : new Float16Array(width);
    this.#driver.download(values, address + at * width * values.BYTES_PER_ELEMENT);
    return [...values];
  }
}

/** What is in a row of logits: how many are above one, the highest, and its log-probability. */
export function measureLogits(logits: Vector, token: number) {
  const own = logits[token]!;
  let [highest, total, nAbove] = [-Infinity, 0, 0];
  for (const value of logits) highest = Math.max(highest, value);
  for (const [at, value] of logits.entries()) {
    total += Math.exp(value - highest);
    if (value > own || (value === own && at < token)) nAbove++;
  }
  return { nAbove, logprob: own - highest - Math.log(total) };
}

function inputOf(facts: OperationFacts): DeviceBuffer | null {
  if (facts.kind === 'head-norms' || facts.kind === 'turn') return facts.qkv;
  if (facts.kind === 'limit') return facts.logits;
  return 'from' in facts ? facts.from : null;
}

function outputOf(facts: OperationFacts): DeviceBuffer | null {
  if (facts.kind === 'head-norms' || facts.kind === 'turn') return facts.qkv;
  if (facts.kind === 'limit') return facts.logits;
  return 'to' in facts ? facts.to : null;
}

/** ‖actual − expected‖ / ‖expected‖ over the places that are expected. */
function relativeError(actual: Vector, expected: Expected): number {
  let difference = 0;
  let size = 0;
  for (const [at, value] of expected) {
    difference += (actual[at]! - value) ** 2;
    size += value ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
