// The tensors of a file that PyTorch's `torch.save` wrote: the zip form of today and the older one. Nothing
// in the file is run. Weights stay where they are; what is packed or scattered is copied once.

import { type FileHandle, open, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { WeightCopies } from './copied-weights.ts';
import { narrowWeights, type WideWeight } from './narrow-float64.ts';
import { unpickle } from './pickle.ts';
import {
  PickleDict,
  PickleError,
  type PickleStorage,
  PickleTensor,
  type PickleValue,
} from './pickle-values.ts';
import type { Weight, WeightType } from './safetensors.ts';
import { shardsOf } from './shard-index.ts';
import type { StoredNumbers } from './stored-numbers.ts';
import { read, readZipDirectory, type ZipEntry, ZipError } from './zip-directory.ts';

/** All tensors of a checkpoint folder, of `pytorch_model.bin` or of the shards that its index lists. */
export async function readTorchWeights(dir: string): Promise<readonly Weight[]> {
  const single = join(dir, 'pytorch_model.bin');
  const index = `${single}.index.json`;
  const hasSingle = (await stat(single).catch(() => null)) !== null;
  const text = hasSingle ? null : await readFile(index, 'utf8').catch(() => null);
  if (text === null) return readTorchFile(single);
  const weights: Weight[] = [];
  for (const file of await shardsOf(index, text))
    for (const weight of await readTorchFile(file)) weights.push(weight);
  return weights;
}

/** Throws a `UserError` that names the file when it is damaged or holds anything but tensors. */
export async function readTorchFile(path: string): Promise<readonly Weight[]> {
  const file = await realpath(path);
  await using handle = await open(file);
  try {
    const head = await read(handle, 0, 4);
    const isZip = head.toString('latin1') === 'PK\x03\x04';
    const { root, storages } = isZip ? await readZip(handle, file) : await readLegacy(handle, file);
    const copies = new WeightCopies((await handle.stat()).size);
    const weights: Weight[] = [];
    for (const [name, value] of stateDict(root)) {
      const weight = value instanceof PickleTensor ? await toWeight(name, value, storages, copies) : null;
      if (weight?.type === 'float64') weights.push(...(await narrowWeights([weight])));
      else if (weight) weights.push(weight);
    }
    if (weights.length === 0) throw new PickleError('damaged', 'it holds no tensors');
    return weights;
  } catch (error) {
    if (!(error instanceof PickleError || error instanceof ZipError)) throw error;
    const refused = error instanceof PickleError && error.kind === 'forbidden';
    throw new UserError(`${path} ${refused ? 'is refused' : 'is damaged'}: ${error.message}.`, {
      action: refused
        ? 'A file of weights has no need of that: get the model from a source that you trust, best as safetensors.'
        : 'Download or copy the model again.',
      cause: error,
    });
  }
}

interface TorchFile {
  readonly root: PickleValue;
  readonly storages: (storage: PickleStorage) => StoredNumbers;
}

/** Those of the largest models have a few megabytes: a name and a shape for each tensor. */
const MAX_PICKLE_BYTES = 64 << 20;

async function readZip(handle: FileHandle, file: string): Promise<TorchFile> {
  const entries = await readZipDirectory(handle);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw new ZipError('it holds no data.pkl: TorchScript or another kind of archive');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && (await content(handle, order)).toString() !== 'little')
    throw new ZipError('its numbers are big-endian');
  return {
    root: unpickle(await content(handle, pickle)).value,
    storages: ({ key }) => {
      const entry = entries.get(`${folder}data/${key}`);
      if (!entry) throw new ZipError(`its storage ${key} is missing`);
      return { file, ...entry };
    },
  };
}

async function content(handle: FileHandle, entry: ZipEntry): Promise<Buffer> {
  if (!entry.isStored || entry.nBytes > MAX_PICKLE_BYTES) {
    throw new ZipError(`${entry.name} in it is packed or too large`);
  }
  return read(handle, entry.byteOffset, entry.nBytes);
}

/** The layout of PyTorch before 1.6: five pickles, then each storage's length and numbers. */
async function readLegacy(handle: FileHandle, file: string): Promise<TorchFile> {
  const nFile = (await handle.stat()).size;
  for (let nBytes = 1 << 20; ; nBytes *= 8) {
    const bytes = await read(handle, 0, Math.min(nBytes, nFile));
    try {
      return parseLegacy(bytes, nFile, file);
    } catch (error) {
      const needsMore = error instanceof PickleError && error.kind === 'ends-early';
      if (!needsMore || nBytes >= Math.min(nFile, MAX_PICKLE_BYTES)) throw error;
    }
  }
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

function parseLegacy(bytes: Uint8Array, nFile: number, file: string): TorchFile {
  const magic = unpickle(bytes);
  if (magic.value !== Number(LEGACY_MAGIC)) throw new PickleError('damaged', 'it is no file of PyTorch');
  const version = unpickle(bytes, magic.end);
  if (version.value !== 1001) throw new PickleError('damaged', 'it is of an unknown version of PyTorch');
  const system = unpickle(bytes, version.end);
  if (system.value instanceof PickleDict && system.value.entries.get('little_endian') === false) {
    throw new PickleError('damaged', 'its numbers are big-endian');
  }
  const root = unpickle(bytes, system.end);
  const keys = unpickle(bytes, root.end);
  const places = new Map<string, StoredNumbers>();
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const storage = root.storages.get(String(key));
    if (!storage) throw new PickleError('damaged', `its storage ${key} is of an unknown type`);
    const nBytes = storage.nElements * elementBytes(storage);
    at += 8; // the number of elements, once more
    if (at + nBytes > nFile) throw new PickleError('damaged', `it ends inside its storage ${key}`);
    places.set(String(key), { file, byteOffset: at, nBytes, nPacked: nBytes, isStored: true });
    at += nBytes;
  }
  return {
    root: root.value,
    storages: ({ key }) => {
      const place = places.get(key);
      if (!place) throw new PickleError('damaged', `its storage ${key} is missing`);
      return place;
    },
  };
}

/** The named tensors: the file's own dictionary, or the one in it that training scripts put them into. */
function stateDict(root: PickleValue): Map<string | number, PickleValue> {
  if (!(root instanceof PickleDict)) throw new PickleError('damaged', 'it holds no dictionary of tensors');
  const inner = root.entries.get('state_dict') ?? root.entries.get('model');
  return inner instanceof PickleDict ? inner.entries : root.entries;
}

const types: Readonly<Record<string, WeightType | 'float64'>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
};
const sizes: Readonly<Record<string, number>> = {
  FloatStorage: 4,
  HalfStorage: 2,
  BFloat16Storage: 2,
  DoubleStorage: 8,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
};

const elementBytes = (storage: PickleStorage) => sizes[storage.type]!;

/** A number that was spread over a small tensor is no harm. */
const HARMLESS_REPEATS_BYTES = 1 << 20;

/** Null for numbers that no architecture here uses, such as masks. */
async function toWeight(
  name: string | number,
  tensor: PickleTensor,
  storages: TorchFile['storages'],
  copies: WeightCopies,
): Promise<Weight | WideWeight | null> {
  const { storage, shape, strides } = tensor;
  const type = types[storage.type];
  if (type === undefined) return null;
  const numbers = storages(storage);
  const size = elementBytes(storage);
  if (numbers.nBytes !== storage.nElements * size) {
    throw new PickleError(
      'damaged',
      `its storage of ${name} has ${numbers.nBytes} bytes, not ${storage.nElements * size}`,
    );
  }
  const nElements = shape.reduce((product, n) => product * n, 1);
  const last = shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, tensor.offset);
  if (nElements > 0 ? last >= storage.nElements : tensor.offset > storage.nElements)
    throw new PickleError('damaged', `${name} lies outside its storage`);
  if (nElements * size > Math.max(numbers.nBytes, HARMLESS_REPEATS_BYTES))
    throw new PickleError('damaged', `${name} repeats the numbers of its storage`);
  const weight = { name: String(name), type, shape, nBytes: nElements * size };
  if (nElements === 0) return { ...weight, file: numbers.file, byteOffset: numbers.byteOffset };
  if (numbers.isStored && isContiguous(shape, strides)) {
    return { ...weight, file: numbers.file, byteOffset: numbers.byteOffset + tensor.offset * size };
  }
  return { ...weight, ...(await copies.copy(numbers, tensor, size)) };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}
