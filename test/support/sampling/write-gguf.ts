// Writes GGUF files for tests: metadata of any kind and tensors of 32-bit floats, or bytes as they are given.

import { writeFileSync } from 'node:fs';

export type Entry =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  /** A float that may be a whole number. */
  | { readonly float: number };

export interface GgufTensorToWrite {
  readonly name: string;
  /** Row-major, the outermost axis first. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint8Array;
  /** ggml's number of the type; 32-bit floats if left out. */
  readonly type?: number;
}

const ALIGNMENT = 32;

/** Whole numbers are written in 32 bits, in lists with a sign; others as floats. */
export function encodeGguf(
  metadata: Readonly<Record<string, Entry>>,
  tensors: readonly GgufTensorToWrite[],
): Buffer {
  const parts: Buffer[] = [
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(Object.keys(metadata).length),
  ];
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), ...typed(value));
  let offset = 0;
  for (const { name, shape, values, type = 0 } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(type), u64(offset));
    offset += Math.ceil(values.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  const header = Buffer.concat(parts);
  const data = tensors.map(({ values }) =>
    padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  return Buffer.concat([padded(header), ...data]);
}

export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, Entry>>,
  tensors: readonly GgufTensorToWrite[],
): string {
  writeFileSync(path, encodeGguf(metadata, tensors));
  return path;
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);

function typed(value: Entry): readonly Buffer[] {
  if (typeof value === 'string') return [u32(8), text(value)];
  if (typeof value === 'boolean') return [u32(7), Buffer.from([value ? 1 : 0])];
  if (typeof value === 'number') return [u32(Number.isInteger(value) ? 4 : 6), scalar(value)];
  if ('float' in value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.float);
    return [u32(6), bytes];
  }
  if (typeof value[0] === 'boolean') {
    return [u32(9), u32(7), u64(value.length), Buffer.from(value.map((item) => (item ? 1 : 0)))];
  }
  const isText = typeof value[0] === 'string';
  const items = value.map((item) => (typeof item === 'string' ? text(item) : scalar(Number(item))));
  return [u32(9), u32(isText ? 8 : Number.isInteger(value[0] ?? 0) ? 5 : 6), u64(value.length), ...items];
}

function scalar(value: number): Buffer {
  if (Number.isInteger(value)) return u32(value);
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
