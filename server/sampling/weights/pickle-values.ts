// All that a pickle may hold or name: plain data, and tensors. A pickle asks for functions by name and has them
// called; the names that make tensors stand here, and every other one is refused. Knows nothing of how a pickle is
// written.

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleTuple
  | PickleValue[]
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** Python's dict and OrderedDict; keys that are no text or number cannot be in what is allowed. */
export class PickleDict {
  readonly entries = new Map<string | number, PickleValue>();
}

class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A run of numbers, to be found elsewhere under its key. */
export class PickleStorage {
  /** The storage class that PyTorch names, for example `FloatStorage`. */
  readonly type: string;
  readonly key: string;
  readonly nElements: number;

  constructor(type: string, key: string, nElements: number) {
    this.type = type;
    this.key = key;
    this.nElements = nElements;
  }
}

export class PickleTensor {
  readonly storage: PickleStorage;
  /** The tensor's start in its storage: in elements, not bytes, like the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: PickleStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The pickle is not whole, is none, or asks for something that is not allowed. */
export class PickleError extends Error {
  readonly kind: 'ends-early' | 'damaged' | 'forbidden';

  constructor(kind: PickleError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const storages = 'Float Half BFloat16 Double Long Int Short Char Byte Bool'.split(' ');
const allowed: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  ...storages.map((type) => `torch.${type}Storage`),
]);

/** What a pickle names by module and name. Throws `PickleError` for a name that is not allowed. */
export function allow(module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  if (allowed.has(full)) return new PickleGlobal(full);
  throw new PickleError('forbidden', `it asks for ${full}, which is no part of a tensor`);
}

/** What calling it with these parameters makes, worked out here: nothing of a pickle's is run. */
export function call(callee: PickleValue, parameters: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal) || !(parameters instanceof PickleTuple)) {
    throw new PickleError('forbidden', 'it calls what is no function');
  }
  const { items } = parameters;
  switch (callee.name) {
    case 'collections.OrderedDict':
      return orderedDict(items);
    case 'torch._utils._rebuild_tensor':
    case 'torch._utils._rebuild_tensor_v2':
      return tensor(items);
    case 'torch._utils._rebuild_parameter':
      if (items[0] instanceof PickleTensor) return items[0];
      throw new PickleError('damaged', 'a parameter holds no tensor');
    default:
      throw new PickleError('forbidden', `it calls ${callee.name}`);
  }
}

/** A dictionary that is empty, or made from a list of pairs. */
function orderedDict([pairs]: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [key, value] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (typeof key === 'string' && value !== undefined) dict.entries.set(key, value);
  }
  return dict;
}

/** PyTorch's own. */
const MAX_DIMENSIONS = 64;

function tensor([from, offset, shape, strides]: readonly PickleValue[]): PickleTensor {
  const sizes = (value: PickleValue | undefined): readonly number[] | undefined =>
    value instanceof PickleTuple &&
    value.items.length <= MAX_DIMENSIONS &&
    value.items.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)
      ? (value.items as readonly number[])
      : undefined;
  const [size, stride] = [sizes(shape), sizes(strides)];
  const isWhole = typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0;
  if (!(from instanceof PickleStorage) || !isWhole || !size || !stride || size.length !== stride.length) {
    throw new PickleError('damaged', 'a tensor is not described as tensors are');
  }
  return new PickleTensor(from, offset, size, stride);
}

/** What a persistent id stands for. */
export function toStorage(id: PickleValue): PickleStorage {
  if (id instanceof PickleTuple) {
    const [kind, type, key, , nElements, view = null] = id.items;
    if (
      kind === 'storage' &&
      type instanceof PickleGlobal &&
      (typeof key === 'string' || typeof key === 'number') &&
      Number.isSafeInteger(nElements) &&
      Number(nElements) >= 0 &&
      view === null &&
      /Storage$/.test(type.name)
    ) {
      return new PickleStorage(type.name.replace('torch.', ''), String(key), Number(nElements));
    }
  }
  throw new PickleError('forbidden', 'it refers to something outside that is no storage');
}
