// Reads what a safetensors file says about itself, and doubts all of it: a file cut short or lying about
// its offsets is found here, by name, before anything uses a weight. Knows nothing of architectures.
//
// Format: an unsigned 64-bit little-endian header length, that many bytes of JSON, then the data.

import { open, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { narrowWeights, type WideWeight } from './narrow-float64.ts';
import type { PackedType } from './quantized-blocks.ts';
import { shardsOf, tellOtherWeights } from './shard-index.ts';

export type WeightType = 'float32' | 'float16' | 'bfloat16';

/** One tensor and where its bytes lie. */
export interface Weight {
  readonly name: string;
  readonly type: WeightType;
  readonly shape: readonly number[];
  /** The file itself, links resolved: the runtime refuses links that lead out of a folder. */
  readonly file: string;
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly nBytes: number;
  /** For numbers that were made of fewer bits: where these lie. */
  readonly packed?: PackedPlace;
}

/** Blocks of a GGUF file. */
export interface PackedPlace {
  readonly type: PackedType;
  readonly file: string;
  readonly byteOffset: number;
  readonly nBytes: number;
}

const TYPES: ReadonlyMap<unknown, WeightType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);
export const BYTES_PER_ELEMENT: Readonly<Record<WeightType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
};
const MAX_HEADER_BYTES = 100_000_000;

/**
 * All tensors of a checkpoint folder, of one file or of the shards that its index lists, in file order. An index beside
 * the one file is what an earlier save left.
 */
export async function readWeights(dir: string): Promise<readonly Weight[]> {
  const weights = await Promise.all((await filesOf(dir)).map(readSafetensors));
  return weights.flat();
}

async function filesOf(dir: string): Promise<readonly string[]> {
  const single = join(dir, 'model.safetensors');
  const index = `${single}.index.json`;
  const hasSingle = (await stat(single).catch(ifMissing)) !== null;
  const indexText = hasSingle ? null : await readFile(index, 'utf8').catch(ifMissing);
  return indexText === null ? [single] : shardsOf(index, indexText);
}

/** A tensor of any type, as the file calls it. */
export interface StoredName {
  readonly name: string;
  readonly type: string;
}

/** All tensors of a folder's safetensors, those of types that are not read, too. */
export async function listSafetensors(dir: string): Promise<readonly StoredName[]> {
  const listed = await Promise.all(
    (await filesOf(dir)).map(async (path) => {
      const { header } = await readHeader(path, await realpath(path));
      return Object.entries(header).map(([name, entry]) => ({
        name,
        type: isRecord(entry) ? String(entry.dtype) : '',
      }));
    }),
  );
  return listed.flat().filter(({ name }) => name !== '__metadata__');
}

/** The tensors of one file, by offset. */
export async function readSafetensors(path: string): Promise<readonly Weight[]> {
  const file = await realpath(path).catch(ifMissing);
  if (file === null) {
    throw new UserError(`${path} does not exist.${await tellOtherWeights(dirname(path))}`, {
      action: 'Choose a folder with model.safetensors in it; convert other weights with save_pretrained.',
    });
  }
  const { header, dataStart, nBytes } = await readHeader(path, file);
  const weights: (Weight | WideWeight)[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const weight = toWeight(name, entry, file, dataStart);
    if (endOf(entry) > nBytes - dataStart) throw damaged(path, `it ends at byte ${nBytes}, inside ${name}`);
    // Integer tensors are buffers such as attention masks: no architecture here has integer weights.
    if (weight === null) continue;
    if (weight === 'malformed') throw damaged(path, `its header is wrong about ${name}`);
    weights.push(weight);
  }
  weights.sort((a, b) => a.byteOffset - b.byteOffset);
  const isWide = (weight: Weight | WideWeight): weight is WideWeight => weight.type === 'float64';
  const narrow = await narrowWeights(weights.filter(isWide));
  let nNarrow = 0;
  return weights.map((weight) => (isWide(weight) ? narrow[nNarrow++]! : weight));
}

interface Header {
  readonly header: Readonly<Record<string, unknown>>;
  readonly dataStart: number;
  readonly nBytes: number;
}

async function readHeader(path: string, file: string): Promise<Header> {
  await using handle = await open(file);
  const nBytes = (await handle.stat()).size;
  const prefix = new Uint8Array(8);
  if (nBytes < 8) throw damaged(path, `it has only ${nBytes} bytes`);
  await handle.read(prefix, 0, 8, 0);
  if (new TextDecoder().decode(prefix) === 'version ') {
    throw new UserError(`${path} is a pointer of Git LFS, not the weights.`, {
      action: 'Fetch the file itself with "git lfs pull", or download the model from the Hub.',
    });
  }
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > nBytes) {
    throw damaged(path, `its header claims ${length} bytes and the file has ${nBytes}`);
  }
  const bytes = new Uint8Array(length);
  await handle.read(bytes, 0, length, 8);
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isRecord(header)) return { header, dataStart: 8 + length, nBytes };
  } catch (cause) {
    throw damaged(path, 'its header is no JSON', cause);
  }
  throw damaged(path, 'its header is no JSON object');
}

/** End of a tensor of any type, from the start of the data; 0 if that is not said. */
function endOf(entry: unknown): number {
  const { data_offsets: offsets } = (entry ?? {}) as { readonly data_offsets?: unknown };
  return isSizes(offsets) ? (offsets[1] ?? 0) : 0;
}

function toWeight(
  name: string,
  entry: unknown,
  file: string,
  dataStart: number,
): Weight | WideWeight | null | 'malformed' {
  if (!isRecord(entry) || typeof entry.dtype !== 'string') return 'malformed';
  const type = entry.dtype === 'F64' ? 'float64' : TYPES.get(entry.dtype);
  if (type === undefined) return null;
  const { shape, data_offsets: offsets } = entry;
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return 'malformed';
  const [start, end] = offsets as [number, number];
  const nBytes =
    shape.reduce((product, size) => product * size, 1) * (type === 'float64' ? 8 : BYTES_PER_ELEMENT[type]);
  if (end - start !== nBytes) return 'malformed';
  return { name, type, shape, file, byteOffset: dataStart + start, nBytes };
}

function damaged(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`${path} is damaged: ${why}.`, {
    action: 'Download or copy the model again.',
    cause,
  });
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
