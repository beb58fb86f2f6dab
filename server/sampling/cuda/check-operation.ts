// Asks a card for one operation, and compares a few of its rows with what plain arithmetic gives of what they read.

import type { CudaDriver } from './cuda-driver.ts';
import type { Buffer as DeviceBuffer, Operation, OperationFacts } from './operation.ts';
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

type Values = Float32Array | Float16Array;

/** What an operation read and wrote, row by row. */
export interface Seen {
  readonly operation: Operation;
  readonly rows: readonly {
    readonly row: CheckedRow;
    /** Null for an operation that reads no row. */
    readonly input: Values | null;
    /** What was there before, for an operation that adds. */
    readonly old: Values | null;
    readonly output: Values;
  }[];
}

export class OperationChecks {
  /** The largest difference so far. */
  worst = 0;
  readonly #driver: CudaDriver;

  constructor(driver: CudaDriver) {
    this.#driver = driver;
  }

  /** Null, or what is wrong. */
  check(operation: Operation, rows: readonly CheckedRow[], expect: Expect): string | null {
    const seen = this.watch(operation, rows);
    return seen === null ? null : this.compare(seen, expect);
  }

  /** Has the card do it; null for an operation that writes no rows. */
  watch(operation: Operation, rows: readonly CheckedRow[]): Seen | null {
    const { facts, ask } = operation;
    const source = inputOf(facts);
    const isTakenOut = facts.kind === 'norm' && facts.rows === 'wanted';
    const places = rows.map(({ at }) => at);
    const inputs = source && this.#rows(source, isTakenOut ? rows.map(({ from }) => from) : places);
    const target = outputOf(facts);
    const isAdded = 'adds' in facts ? facts.adds : facts.kind === 'embed' && facts.parts === 'positions';
    const olds = isAdded ? target && this.#rows(target, places) : null;
    ask();
    if (target === null) return null;
    const outputs = this.#rows(target, places);
    const seen = rows.map((row, i) => ({
      ...{ row, input: inputs?.[i] ?? null, old: olds?.[i] ?? null },
      output: outputs[i]!,
    }));
    return { operation, rows: seen };
  }

  /** Null, or what is wrong with what the card did. */
  compare({ operation: { facts, name }, rows }: Seen, expect: Expect): string | null {
    for (const { row, input, old, output } of rows) {
      const expected = expect(facts, row, input === null ? [] : [...input]);
      const error = relativeError((at) => output[at]! - (old?.[at] ?? 0), expected);
      this.worst = Math.max(this.worst, error);
      if (!(error <= TOLERANCE)) return `${name}: it is off by ${error.toExponential(1)} of its size`;
    }
    return null;
  }

  row(buffer: DeviceBuffer, at: number): Values {
    return this.#download(buffer, at, 1);
  }

  /** One copy for all where they lie behind each other: each takes longer to ask for than to make. */
  #rows(buffer: DeviceBuffer, places: readonly number[]): readonly Values[] {
    const [first = 0] = places;
    if (places.some((place, i) => place !== first + i)) return places.map((place) => this.row(buffer, place));
    const all = this.#download(buffer, first, places.length);
    return places.map((_, i) => all.subarray(i * buffer.width, (i + 1) * buffer.width));
  }

  #download({ address, type, width }: DeviceBuffer, first: number, nRows: number): Values {
    const values = type === 'float32' ? new Float32Array(nRows * width) : new Float16Array(nRows * width);
    this.#driver.download(values, address + first * width * values.BYTES_PER_ELEMENT);
    return values;
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
function relativeError(actualAt: (place: number) => number, expected: Expected): number {
  let difference = 0;
  let size = 0;
  for (const [at, value] of expected) {
    difference += (actualAt(at) - value) ** 2;
    size += value ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
