// What kernels give beside plain arithmetic in 64 bits, at some rows and columns. Each check gives the largest
// difference, or throws where it is larger than rounding can make it: no figure of a wrong kernel is printed.

import type { Operation, ShaderDevice } from './shaders-device.ts';
import type { ModelBuffers, ShaderModel } from './shaders-models.ts';
import { type ProductName, shapeOf } from './shaders-products.ts';
import { RandomValues } from './shaders-random.ts';
import { endsOf, HEAD_SIZE, RULE, type StepBuffers } from './shaders-step.ts';
import type { GpuBuffer } from './shaders-webgpu.ts';

export class WrongKernel extends Error {}

/** Everything that is checked here is of the size of one, and halves keep eleven bits of it. */
const MOST_OFF = 4e-3;
/** Tokens whose cumulated probability is so near to the mass may be either side of it. */
const EDGE = 1e-5;

export class KernelChecks {
  readonly #device: ShaderDevice;
  readonly #model: ShaderModel;
  readonly #weights: ModelBuffers;
  readonly #buffers: StepBuffers;
  readonly #nRows: number;
  /** First, last and some between. */
  readonly #rows: readonly number[];

  constructor(
    device: ShaderDevice,
    model: ShaderModel,
    weights: ModelBuffers,
    buffers: StepBuffers,
    nRows: number,
  ) {
    this.#device = device;
    this.#model = model;
    this.#weights = weights;
    this.#buffers = buffers;
    this.#nRows = nRows;
    this.#rows = [0, 1, 37 % nRows, nRows >> 1, nRows - 1];
  }

  async embed(operation: Operation): Promise<number> {
    const { width, vocabulary, nPositions } = this.#model;
    const { token, position, residual } = this.#buffers;
    const fed = Uint32Array.from({ length: this.#nRows }, (_, row) => (row * 31 + 7) % vocabulary);
    const at = fed.map((_, row) => (row * 3 + 1) % nPositions);
    this.#device.write(token, fed);
    this.#device.write(position, at);
    this.#device.run([operation]);
    const tokens = await this.#halves(this.#weights.tokens);
    const positions = await this.#halves(this.#weights.positions);
    const made = await this.#floats(residual);
    return this.#compare('embed', this.#rows, width, (row, c) => [
      tokens[fed[row]! * width + c]! + positions[at[row]! * width + c]!,
      made[row * width + c]!,
    ]);
  }

  async norm(operation: Operation): Promise<number> {
    const { width } = this.#model;
    const { residual, normed } = this.#buffers;
    this.#device.write(residual, new RandomValues().floats(this.#nRows * width, 1));
    this.#device.run([operation]);
    const [x, y] = [await this.#floats(residual), await this.#halves(normed)];
    const scale = await this.#floats(this.#weights.scale);
    const shift = await this.#floats(this.#weights.shift);
    const moments = new Map(
      this.#rows.map((row) => {
        const values = [...x.subarray(row * width, (row + 1) * width)];
        const mean = values.reduce((a, b) => a + b) / width;
        const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / width;
        return [row, { mean, by: 1 / Math.sqrt(variance + 1e-5) }];
      }),
    );
    return this.#compare('norm', this.#rows, width, (row, c) => {
      const { mean, by } = moments.get(row)!;
      return [(x[row * width + c]! - mean) * by * scale[c]! + shift[c]!, y[row * width + c]!];
    });
  }

  /** At columns that lie in all parts of a tile, of the first layer's weight. */
  async product(name: ProductName, weight: GpuBuffer, operation: Operation): Promise<number> {
    const { nIn, nOut, layout, keep } = shapeOf(name, this.#model);
    const [from, to] = endsOf(name, this.#buffers);
    const random = new RandomValues();
    this.#device.write(from, random.halves(this.#nRows * nIn, 1));
    if (keep === 'sum') this.#device.write(to, random.floats(this.#nRows * nOut, 1));
    const before = keep === 'sum' ? await this.#floats(to) : null;
    this.#device.run([operation]);
    const [left, right] = [await this.#halves(from), await this.#halves(weight)];
    const bias = await this.#floats(this.#weights.bias);
    const made = keep === 'half' || keep === 'gelu' ? await this.#halves(to) : await this.#floats(to);
    const columns = [0, 1, 6, 17, 47, 63, 64, 100, (nOut >> 1) + 3, nOut - 1];
    return this.#compare(`product ${name}`, this.#rows, columns.length, (row, c) => {
      const column = columns[c]!;
      let sum = bias[column]!;
      for (let k = 0; k < nIn; k++)
        sum += left[row * nIn + k]! * right[layout === 'in-out' ? k * nOut + column : column * nIn + k]!;
      if (before !== null) sum += before[row * nOut + column]!;
      return [keep === 'gelu' ? gelu(sum) : sum, made[row * nOut + column]!];
    });
  }

  /** Some positions of random heads, one after the other, so that what is written to the cache is read from it. */
  async attention(operation: Operation): Promise<number> {
    const { width, nPositions } = this.#model;
    const { qkv, position, attended } = this.#buffers;
    const random = new RandomValues();
    const fed: Float16Array[] = [];
    for (let at = 0; at < Math.min(38, nPositions); at++) {
      const values = random.halves(this.#nRows * 3 * width, 4);
      fed.push(values);
      this.#device.write(qkv, values);
      this.#device.write(position, new Uint32Array(this.#nRows).fill(at));
      this.#device.run([operation]);
    }
    const made = await this.#halves(attended);
    const nHeads = width / HEAD_SIZE;
    const heads = new Map<string, readonly number[]>();
    const attend = (row: number, head: number) => {
      const key = `${row} ${head}`;
      if (!heads.has(key)) heads.set(key, attendPlainly(fed, width, row, head));
      return heads.get(key)!;
    };
    const few = [0, this.#nRows >> 1, this.#nRows - 1];
    return this.#compare('attention', few, width, (row, c) => {
      const head = Math.floor(c / HEAD_SIZE);
      if (head !== 0 && head !== nHeads - 1) return [0, 0];
      return [attend(row, head)[c % HEAD_SIZE]!, made[row * width + c]!];
    });
  }

  async pick(operation: Operation): Promise<number> {
    const { vocabulary } = this.#model;
    const { logits, token, logprob } = this.#buffers;
    this.#device.write(logits, new RandomValues().normal(this.#nRows * vocabulary));
    this.#device.run([operation]);
    const all = await this.#floats(logits);
    const tokens = new Uint32Array(await this.#device.download(token));
    const logprobs = await this.#floats(logprob);
    for (const row of this.#rows) {
      const picked = pickPlainly(all.subarray(row * vocabulary, (row + 1) * vocabulary));
      if (!picked.includes(tokens[row]!))
        throw new WrongKernel(`pick gives token ${tokens[row]} in row ${row}, not ${picked.join(' or ')}`);
    }
    return this.#compare('pick', this.#rows, 1, (row) => {
      const own = all.subarray(row * vocabulary, (row + 1) * vocabulary);
      const total = own.reduce((sum, x) => sum + Math.exp(x), 0);
      return [own[tokens[row]!]! - Math.log(total), logprobs[row]!];
    });
  }

  #compare(
    what: string,
    rows: readonly number[],
    nColumns: number,
    pair: (row: number, column: number) => readonly [expected: number, made: number],
  ): number {
    let most = 0;
    for (const row of rows) {
      for (let column = 0; column < nColumns; column++) {
        const [expected, made] = pair(row, column);
        const off = Math.abs(expected - made) / Math.max(1, Math.abs(expected));
        // What is not a number is never small enough.
        if (!(off <= MOST_OFF))
          throw new WrongKernel(`${what} gives ${made} in row ${row}, column ${column}, not ${expected}`);
        most = Math.max(most, off);
      }
    }
    return most;
  }

  async #halves(buffer: GpuBuffer): Promise<Float16Array> {
    return new Float16Array(await this.#device.download(buffer));
  }

  async #floats(buffer: GpuBuffer): Promise<Float32Array> {
    return new Float32Array(await this.#device.download(buffer));
  }
}

const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

/** What the last of the positions attends to. */
function attendPlainly(fed: readonly Float16Array[], width: number, row: number, head: number): number[] {
  const part = (values: Float16Array, which: number) => {
    const at = (row * 3 + which) * width + head * HEAD_SIZE;
    return values.subarray(at, at + HEAD_SIZE);
  };
  const query = part(fed.at(-1)!, 0);
  const scores = fed.map((values) => part(values, 1).reduce((sum, x, i) => sum + x * query[i]!, 0) / 8);
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((a, b) => a + b);
  return Array.from(query, (_, i) =>
    fed.reduce((sum, values, at) => sum + (weights[at]! / total) * part(values, 2)[i]!, 0),
  );
}

/** The token that the rule gives, and another where rounding decides. */
function pickPlainly(logits: Float32Array): readonly number[] {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const highest = order.slice(0, RULE.TOP_K);
  const masses = highest.map((token) => Math.exp(logits[token]! - logits[highest[0]!]!));
  const total = masses.reduce((a, b) => a + b);
  const picks = new Set<number>();
  for (const mass of [RULE.MASS - EDGE, RULE.MASS + EDGE]) {
    let before = 0;
    let chosen = 0;
    for (let at = 1; at < highest.length; at++) {
      before += masses[at - 1]! / total;
      if (before > mass) break;
      chosen = at;
    }
    picks.add(highest[chosen]!);
  }
  return [...picks];
}
