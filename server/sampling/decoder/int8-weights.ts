// Weights quantized to 8 bits, one scale a column: made once, some rows at a time, into a file in the user's cache
// that is named after the model's content, and read from there by offset like all weights. Knows no graph.

import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../errors.ts';
import type { ExternalBytes } from '../onnx/onnx-graph.ts';
import { BYTES_PER_ELEMENT, type Weight, type WeightType } from '../weights/safetensors.ts';
import { type Linear, linearsOf } from './decoder-table.ts';
import type { DecoderWeights, StoredTensor } from './decoder-weights.ts';
import { keepWeights, PartPlaces } from './kept-weights.ts';

/** The factor of one product, [from, to] = whole × scale. */
export interface Int8Weight {
  readonly from: number;
  readonly to: number;
  /** int8 [from, to] */
  readonly whole: Omit<ExternalBytes, 'location'>;
  /** float32 [to] */
  readonly scale: Omit<ExternalBytes, 'location'>;
}

export interface Int8Weights {
  readonly file: string;
  /** Keyed by the weight's name; the embedding, which the head may share, stands here the other way round. */
  readonly byName: ReadonlyMap<string, Int8Weight>;
}

/**
 * Seven bits for weights: where the processor has no instruction for the whole product, sums of two products
 * saturate at 16 bits, and with eight bits they would do so silently.
 */
const LEVELS = 63;
const SMALLEST_STEP = 1e-30;

/** Throws an EnvironmentError where the file cannot be written. `digest` is the model's. */
export async function quantizeWeights(
  weights: DecoderWeights,
  digest: string,
  signal: AbortSignal,
): Promise<Int8Weights> {
  const { byName, nBytes } = layOut(weights);
  const file = await keepWeights({
    folder: 'int8',
    form: '8-bit',
    madeFrom: [digest, LEVELS],
    nBytes,
    signal,
    async write(handle) {
      for (const linear of linearsOf(weights)) {
        throwIfAborted(signal);
        await quantize(linear, byName.get(linear.weight.bareName)!, handle);
      }
    },
  });
  return { file, byName };
}

function layOut(weights: DecoderWeights) {
  const byName = new Map<string, Int8Weight>();
  const places = new PartPlaces();
  for (const { weight, layout } of linearsOf(weights)) {
    const [first, second] = weight.shape as [number, number];
    const [from, to] = layout === 'out-in' ? [second, first] : [first, second];
    byName.set(weight.bareName, { from, to, whole: places.next(from * to), scale: places.next(4 * to) });
  }
  return { byName, nBytes: places.nBytes };
}

/** Reads the weight twice: for the highest of every column, and to divide by it. */
async function quantize(
  { weight, layout }: Linear<StoredTensor>,
  { from, to, whole, scale }: Int8Weight,
  out: FileHandle,
): Promise<void> {
  await using input = await open(weight.file);
  const width = weight.shape[1]!;
  const step = new Float32Array(to);
  const isByRow = layout === 'out-in';
  for await (const { row, values } of readRows(input, weight)) {
    for (let at = 0, r = row; at < values.length; at += width, r++) {
      for (let c = 0; c < width; c++) {
        const size = Math.abs(values[at + c]!);
        const column = isByRow ? r : c;
        if (size > step[column]!) step[column] = size;
      }
    }
  }
  for (let i = 0; i < to; i++) step[i] = Math.max(step[i]! / LEVELS, SMALLEST_STEP);
  if (isByRow) {
    const turned = new Int8Array(from * to);
    for await (const { row, values } of readRows(input, weight)) turn(values, row, width, step, turned);
    await out.write(turned, 0, turned.length, whole.byteOffset);
  } else {
    for await (const { row, values } of readRows(input, weight)) {
      const quantized = new Int8Array(values.length);
      for (let at = 0; at < values.length; at += width) {
        for (let c = 0; c < width; c++) quantized[at + c] = toLevel(values[at + c]!, step[c]!);
      }
      await out.write(quantized, 0, quantized.length, whole.byteOffset + row * width);
    }
  }
  await out.write(new Uint8Array(step.buffer), 0, step.byteLength, scale.byteOffset);
}

/** Some columns at a time: what is written to each of them lies side by side, and stays in the processor's cache. */
const TILE = 64;

/** Rows from `row` on as columns of `turned`, [width, columns]; each row has a step of its own. */
function turn(values: Float32Array, row: number, width: number, step: Float32Array, turned: Int8Array): void {
  const nColumns = step.length;
  for (let start = 0; start < width; start += TILE) {
    const end = Math.min(width, start + TILE);
    for (let at = 0, column = row; at < values.length; at += width, column++) {
      const own = step[column]!;
      for (let c = start; c < end; c++) turned[c * nColumns + column] = toLevel(values[at + c]!, own);
    }
  }
}

/** Behind it numbers have no halves: what is added to it is rounded to whole ones, and halves to even ones. */
const WHOLE = 1.5 * 2 ** 52;

const toLevel = (value: number, step: number): number => Math.fround(value / step) + WHOLE - WHOLE;

const READ_BYTES = 4 << 20;

/** Whole rows of a weight as 32-bit floats, some megabytes at a time. */
async function* readRows(
  input: FileHandle,
  { file, name, type, shape, byteOffset }: Weight,
): AsyncGenerator<{ readonly row: number; readonly values: Float32Array }> {
  const [nRows, width] = shape as [number, number];
  const rowBytes = width * BYTES_PER_ELEMENT[type];
  const nAtOnce = Math.max(1, Math.floor(READ_BYTES / rowBytes));
  for (let row = 0; row < nRows; row += nAtOnce) {
    const bytes = new Uint8Array(Math.min(nAtOnce, nRows - row) * rowBytes);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await input.read(
        bytes,
        done,
        bytes.length - done,
        byteOffset + row * rowBytes + done,
      );
      if (bytesRead === 0) throw new Error(`${file} ends inside ${name}`);
      done += bytesRead;
    }
    yield { row, values: widen(bytes, type) };
  }
}

function widen({ buffer }: Uint8Array<ArrayBuffer>, type: WeightType): Float32Array {
  if (type === 'float32') return new Float32Array(buffer);
  if (type === 'float16') return new Float32Array(new Float16Array(buffer));
  const halves = new Uint16Array(buffer);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
