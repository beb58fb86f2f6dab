// Runs a Python pickle that may only build plain data and tensors. A pickle is a program that can call
// anything; this machine knows a list of names and refuses every other one, so it can call nothing.
// The opcodes: Python's Lib/pickletools.py. Knows nothing of files.

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

export class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A run of numbers, to be found elsewhere under its key. */
export class PickleStorage {
  /** Such as `FloatStorage`. */
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
  /** In elements, as all below. */
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

const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

export interface Unpickled {
  readonly value: PickleValue;
  /** The byte after the pickle. */
  readonly end: number;
  /** All that it refers to, by key. */
  readonly storages: ReadonlyMap<string, PickleStorage>;
}

/** Runs one pickle from `start` on. Throws `PickleError`. */
export function unpickle(bytes: Uint8Array, start = 0): Unpickled {
  const machine = new Machine(bytes, start);
  return { value: machine.run(), end: machine.at, storages: machine.storages };
}

class Machine {
  at: number;
  readonly storages = new Map<string, PickleStorage>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Slot>();

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.#byte();
      if (opcode === 0x2e) return this.#pop(); // STOP
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    const made = this.#make(opcode);
    if (made === undefined) this.#change(opcode);
    else this.#stack.push(made);
  }

  /** The opcodes that put one value on the stack; undefined for the others. */
  #make(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.#view.getInt32(this.#take(4), true);
      case 0x4b: // BININT1
        return this.#byte();
      case 0x4d: // BININT2
        return this.#view.getUint16(this.#take(2), true);
      case 0x8a: // LONG1
        return this.#long(this.#byte());
      case 0x47: // BINFLOAT
        return this.#view.getFloat64(this.#take(8), false);
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        return this.#text(this.#byte());
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        return this.#text(this.#view.getUint32(this.#take(4), true));
      case 0x5d: // EMPTY_LIST
        return [];
      case 0x7d: // EMPTY_DICT
        return new PickleDict();
      case 0x29: // EMPTY_TUPLE
        return new PickleTuple([]);
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return new PickleTuple(this.#popMany(opcode - 0x84));
      case 0x74: // TUPLE
        return new PickleTuple(this.#popToMark());
      case 0x68: // BINGET
        return this.#recall(this.#byte());
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#view.getUint32(this.#take(4), true));
      case 0x63: // GLOBAL
        return allow(this.#line(), this.#line());
      case 0x93: // STACK_GLOBAL
        return allow(...(this.#popMany(2).map(String) as [string, string]));
      case 0x52: // REDUCE
        return call(...(this.#popMany(2) as [PickleValue, PickleValue]));
      case 0x51: // BINPERSID
        return this.#keep(toStorage(this.#pop()));
      default:
        return undefined;
    }
  }

  #change(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.#byte() > 5) throw new PickleError('damaged', 'its pickle protocol is unknown');
        break;
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        this.#stack.push(MARK);
        break;
      case 0x30: // POP
        this.#stack.pop();
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 0x71: // BINPUT
        this.#memo.set(this.#byte(), this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#view.getUint32(this.#take(4), true), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x62: // BUILD
        // Attributes of a dictionary, such as the state dict's metadata: nothing that is needed.
        this.#pop();
        if (this.#top() instanceof PickleDict) break;
        throw new PickleError('forbidden', 'it sets the state of an object that is no dictionary');
      default:
        throw new PickleError('forbidden', `it uses the pickle opcode 0x${opcode.toString(16)}`);
    }
  }

  #take(nBytes: number): number {
    const start = this.at;
    if (start + nBytes > this.#bytes.length) throw new PickleError('ends-early', 'its pickle ends too early');
    this.at += nBytes;
    return start;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #text(nBytes: number): string {
    const start = this.#take(nBytes);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + nBytes));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleError('ends-early', 'its pickle ends too early');
    const text = this.#text(end - this.at);
    this.at++;
    return text;
  }

  /** Little endian, two's complement. Beyond 2^53 only a magic number is compared. */
  #long(nBytes: number): number {
    const start = this.#take(nBytes);
    let value = 0n;
    for (let i = nBytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    return Number(BigInt.asIntN(nBytes * 8, value));
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK)
      throw new PickleError('damaged', 'its pickle takes what is not there');
    return value;
  }

  #popMany(n: number): PickleValue[] {
    return Array.from({ length: n }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new PickleError('damaged', 'its pickle takes what is not there');
    const values = this.#stack.splice(mark);
    return values.slice(1) as PickleValue[];
  }

  #keep(storage: PickleStorage): PickleStorage {
    this.storages.set(storage.key, storage);
    return storage;
  }

  #top(): PickleValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined || value === MARK)
      throw new PickleError('damaged', 'its pickle recalls what was never kept');
    return value;
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw new PickleError('damaged', 'its pickle appends to what is no list');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict))
      throw new PickleError('damaged', 'its pickle fills what is no dictionary');
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i]!;
      if (typeof key === 'string' || typeof key === 'number') dict.entries.set(key, items[i + 1]!);
    }
  }
}

function allow(module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  if (allowed.has(full)) return new PickleGlobal(full);
  throw new PickleError('forbidden', `it asks for ${full}, which is no part of a tensor`);
}

function call(callee: PickleValue, parameters: PickleValue): PickleValue {
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

/** Empty, or of a list of pairs. */
function orderedDict([pairs]: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [key, value] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (typeof key === 'string' && value !== undefined) dict.entries.set(key, value);
  }
  return dict;
}

function tensor([from, offset, shape, strides]: readonly PickleValue[]): PickleTensor {
  const sizes = (value: PickleValue | undefined): readonly number[] | undefined =>
    value instanceof PickleTuple && value.items.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)
      ? (value.items as readonly number[])
      : undefined;
  const [size, stride] = [sizes(shape), sizes(strides)];
  const isWhole = typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0;
  if (!(from instanceof PickleStorage) || !isWhole || !size || !stride || size.length !== stride.length) {
    throw new PickleError('damaged', 'a tensor is not described as tensors are');
  }
  return new PickleTensor(from, offset, size, stride);
}

function toStorage(id: PickleValue): PickleStorage {
  if (id instanceof PickleTuple) {
    const [kind, type, key, , nElements, view = null] = id.items;
    if (
      kind === 'storage' &&
      type instanceof PickleGlobal &&
      typeof nElements === 'number' &&
      view === null &&
      /Storage$/.test(type.name)
    ) {
      return new PickleStorage(type.name.replace('torch.', ''), String(key), nElements);
    }
  }
  throw new PickleError('forbidden', 'it refers to something outside that is no storage');
}
