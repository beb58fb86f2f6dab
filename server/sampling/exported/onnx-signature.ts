// What a graph that was made elsewhere takes and gives, read from its file without loading it: weights and nodes
// are stepped over. Knows ONNX's messages (onnx.proto field numbers are given where they are read) and no runtime.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { DATA_TYPE, type DataType, type Dimension } from '../onnx/onnx-graph.ts';

export interface TensorSignature {
  readonly name: string;
  /** Null for a type that no decoder is fed with here. */
  readonly type: DataType | null;
  readonly shape: readonly Dimension[];
}

export interface GraphSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** Far beyond any decoder: each takes a few bytes of a file, and a hundred times as much here. */
const MOST_TENSORS = 100_000;
const MOST_DIMENSIONS = 64;

/** Throws a UserError for a file that is no ONNX model. */
export function readSignature(path: string): GraphSignature {
  const file = openSync(path, 'r');
  try {
    const bytes = new FileBytes(file, fstatSync(file).size);
    const inputs: TensorSignature[] = [];
    const outputs: TensorSignature[] = [];
    for (const { field, start, end } of bytes.fields(0, bytes.size)) {
      if (field !== 7) continue; // ModelProto.graph
      for (const part of bytes.fields(start, end)) {
        if (part.field === 11) inputs.push(readTensor(bytes, part)); // GraphProto.input
        if (part.field === 12) outputs.push(readTensor(bytes, part)); // GraphProto.output
        if (inputs.length + outputs.length > MOST_TENSORS) throw new Malformed();
      }
    }
    if (inputs.length > 0 && outputs.length > 0) return { inputs, outputs };
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
  } finally {
    closeSync(file);
  }
  throw new UserError(`${path} is damaged, or no ONNX model.`, {
    action: 'Download or copy the model again.',
  });
}

/** ValueInfoProto: name 1, type 2. TypeProto: tensor_type 1. Its parts: elem_type 1, shape 2. */
function readTensor(bytes: FileBytes, place: Field): TensorSignature {
  let name = '';
  let type: DataType | null = null;
  const shape: Dimension[] = [];
  for (const part of bytes.fields(place.start, place.end)) {
    if (part.field === 1) name = bytes.text(part);
    if (part.field !== 2) continue;
    for (const tensor of bytes.fields(part.start, part.end)) {
      if (tensor.field !== 1) continue;
      for (const fact of bytes.fields(tensor.start, tensor.end)) {
        if (fact.field === 1) type = TYPES.get(fact.value) ?? null;
        if (fact.field !== 2) continue;
        for (const dimension of bytes.fields(fact.start, fact.end)) {
          if (shape.length === MOST_DIMENSIONS) throw new Malformed();
          shape.push(readSize(bytes, dimension));
        }
      }
    }
  }
  return { name, type, shape };
}

const TYPES = new Map(Object.entries(DATA_TYPE).map(([name, code]) => [code as number, name as DataType]));

/** TensorShapeProto.Dimension: dim_value 1, dim_param 2. */
function readSize(bytes: FileBytes, { start, end }: Field): Dimension {
  for (const size of bytes.fields(start, end)) {
    if (size.field === 1) return size.value;
    if (size.field === 2) return bytes.text(size);
  }
  return null;
}

class Malformed extends Error {}

/** A field of a message: a number, or the place of its bytes. */
interface Field {
  readonly field: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 1 << 16;

class FileBytes {
  readonly size: number;
  readonly #file: number;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.size = size;
  }

  *fields(start: number, end: number): Generator<Field, undefined> {
    for (let at = start; at < end; ) {
      const [tag, afterTag] = this.#varint(at, end);
      const field = Math.floor(tag / 8);
      const kind = tag % 8;
      if (kind === 0) {
        const [value, next] = this.#varint(afterTag, end);
        yield { field, value, start: afterTag, end: next };
        at = next;
      } else {
        const [length, first] = kind === 2 ? this.#varint(afterTag, end) : [FIXED_BYTES[kind], afterTag];
        if (length === undefined || first + length > end) throw new Malformed();
        yield { field, value: 0, start: first, end: first + length };
        at = first + length;
      }
    }
  }

  text({ start, end }: Field): string {
    const bytes = Uint8Array.from({ length: Math.min(end - start, WINDOW_BYTES) }, (_, i) =>
      this.#byte(start + i),
    );
    return new TextDecoder().decode(bytes);
  }

  #varint(at: number, end: number): readonly [value: number, next: number] {
    let value = 0;
    for (let i = 0; i < 10 && at + i < end; i++) {
      const byte = this.#byte(at + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return [value, at + i + 1];
    }
    throw new Malformed();
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowEnd) {
      this.#windowStart = at;
      this.#windowEnd = at + readSync(this.#file, this.#window, 0, WINDOW_BYTES, at);
      if (this.#windowEnd === at) throw new Malformed();
    }
    return this.#window[at - this.#windowStart]!;
  }
}

/** Sizes of the wire types that have a fixed one, 64 and 32 bits. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
