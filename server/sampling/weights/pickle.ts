// Runs a Python pickle that may only build plain data and tensors. A pickle is a program that can call
// anything; this machine leaves every call to pickle-values.ts, which knows what each would make, so it can call
// nothing. The opcodes: Python's Lib/pickletools.py. Knows nothing of files.

import {
  allow,
  call,
  PickleDict,
  PickleError,
  type PickleStorage,
  PickleTuple,
  type PickleValue,
  toStorage,
} from './pickle-values.ts';

interface Unpickled {
  readonly value: PickleValue;
  /** The byte after the pickle. */
  readonly end: number;
  /** All storages that it refers to, by key. */
  readonly storages: ReadonlyMap<string, PickleStorage>;
}

/** Runs one pickle from `start` on. Throws `PickleError`. */
export function unpickle(bytes: Uint8Array, start = 0): Unpickled {
  const machine = new Machine(bytes, start);
  return { value: machine.run(), end: machine.at, storages: machine.storages };
}

const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

class Machine {
  at: number;
  readonly storages = new Map<string, PickleStorage>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Slot>();
  #nCopied = 0;

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
        return allow(...(this.#popMany(2).map(asName) as [string, string]));
      case 0x52: // REDUCE
        return this.#call(...(this.#popMany(2) as [PickleValue, PickleValue]));
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

  /** One list may be handed to a million calls: what they copy together is bounded by the pickle's size. */
  #call(callee: PickleValue, parameters: PickleValue): PickleValue {
    const first = parameters instanceof PickleTuple ? parameters.items[0] : null;
    if (Array.isArray(first)) this.#nCopied += first.length;
    if (this.#nCopied > this.#bytes.length) throw new PickleError('damaged', 'its pickle repeats itself');
    return call(callee, parameters);
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

/** Turned into text, a list of lists could be longer than anything. */
function asName(value: PickleValue): string {
  if (typeof value === 'string') return value;
  throw new PickleError('damaged', 'its pickle names something by what is no text');
}
