// What a GGUF file says of itself: metadata, and where its tensors lie. Every length in it is held against the bytes
// that are there before anything is claimed for it. The format is that of ggml's docs/gguf.md, versions 2 and 3.

import { closeSync, fstatSync, readSync, realpathSync } from 'node:fs';
import { openRegularFileSync } from '../../../guard/paths/regular-file.ts';
import { UserError } from '../../errors.ts';
import { BLOCKS, type BlockType, typeName } from '../weights/quantized-blocks.ts';

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  /** Row-major, the outermost axis first; the file itself names the innermost first. */
  readonly shape: readonly number[];
  readonly type: BlockType;
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly nBytes: number;
}

export interface GgufFile {
  /** The file itself, links resolved. */
  readonly path: string;
  readonly nBytes: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = 0x46554747;
const VERSIONS = [2, 3];
const MAX_AXES = 4;
/** Far more than any tokenizer's tables need; what comes before the tensors is held in memory. */
const MAX_HEADER_BYTES = 256 << 20;

/** Throws a UserError that names the file and what is wrong in it. */
export const readGguf = (path: string): GgufFile => readHeader(path, null);

/** A file of which no more than the start is here; null where its header is longer than that. */
export function readGgufStart(path: string, nBytes: number): GgufFile | null {
  try {
    return readHeader(path, nBytes);
  } catch (cause) {
    if (cause instanceof HeaderGoesOn) return null;
    throw cause;
  }
}

class HeaderGoesOn extends Error {}

/** `nBytes`: how long the file is, if not as long as it is here. */
function readHeader(path: string, nBytes: number | null): GgufFile {
  const real = realpathSync(path);
  const reader = new Reader(path, real, nBytes);
  try {
    return readWhole(reader, real);
  } finally {
    reader.close();
  }
}

function readWhole(reader: Reader, path: string): GgufFile {
  if (reader.u32() !== MAGIC) throw reader.damaged('it does not begin like a GGUF file');
  const version = reader.u32();
  if (!VERSIONS.includes(version)) throw reader.damaged(`it has version ${version}, and 2 and 3 are known`);
  const nTensors = reader.count(20);
  const nEntries = reader.count(13);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < nEntries; i++) {
    const key = reader.text();
    metadata.set(key, reader.value(reader.u32()));
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !(alignment >= 1 && alignment <= 1 << 20)) {
    throw reader.damaged('its alignment makes no sense');
  }
  const said = Array.from({ length: nTensors }, () => readTensor(reader));
  const start = Math.ceil(reader.at / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...tensor } of said) {
    const byteOffset = start + offset;
    if (tensors.has(tensor.name)) throw reader.damaged(`it holds ${tensor.name} twice`);
    if (byteOffset + tensor.nBytes > reader.nBytes) {
      throw reader.damaged(`it ends at byte ${reader.nBytes}, inside ${tensor.name}`);
    }
    tensors.set(tensor.name, { ...tensor, byteOffset });
  }
  refuseOverlaps(reader, [...tensors.values()]);
  return { path, nBytes: reader.nBytes, metadata, tensors };
}

/** Bytes that stand for many tensors would be unpacked once for each of them. */
function refuseOverlaps(reader: Reader, tensors: readonly GgufTensor[]): void {
  let end = 0;
  for (const { name, byteOffset, nBytes } of tensors.toSorted((a, b) => a.byteOffset - b.byteOffset)) {
    if (nBytes > 0 && byteOffset < end) throw reader.damaged(`${name} lies over another tensor`);
    end = Math.max(end, byteOffset + nBytes);
  }
}

function readTensor(reader: Reader) {
  const name = reader.text();
  const nAxes = reader.u32();
  if (nAxes > MAX_AXES) throw reader.damaged(`${name} has ${nAxes} axes`);
  const sizes = Array.from({ length: nAxes }, () => reader.safe(reader.u64()));
  const code = reader.u32();
  const type = typeName(code);
  if (type === undefined) {
    throw new UserError(
      `${reader.path}: ${name} is quantized in a way that is not read (ggml's type ${code}).`,
      {
        action: `Choose a file quantized as one of ${Object.keys(BLOCKS).join(', ')}.`,
      },
    );
  }
  const { nValues, nBytes } = BLOCKS[type];
  const nAll = reader.safe(sizes.reduce((product, size) => product * size, 1));
  if ((sizes[0] ?? 1) % nValues !== 0)
    throw reader.damaged(`a row of ${name} does not consist of whole blocks`);
  const offset = reader.safe(reader.u64());
  return { name, shape: sizes.toReversed(), type, offset, nBytes: (nAll / nValues) * nBytes };
}

/** Reads forward, a piece of the file at a time. */
class Reader {
  /** The name to tell the user. */
  readonly path: string;
  readonly nBytes: number;
  readonly #file: number;
  readonly #nBytesHere: number;
  #piece = Buffer.alloc(0);
  #pieceAt = 0;
  at = 0;

  constructor(path: string, real: string, nBytes: number | null) {
    this.path = path;
    this.#file = openRegularFileSync(real);
    this.#nBytesHere = fstatSync(this.#file).size;
    this.nBytes = nBytes ?? this.#nBytesHere;
  }

  close(): void {
    closeSync(this.#file);
  }

  u32(): number {
    return this.#take(4).readUInt32LE();
  }

  u64(): bigint {
    return this.#take(8).readBigUInt64LE();
  }

  /** A number of things that take at least so many bytes each. */
  count(leastBytes: number): number {
    const n = this.safe(this.u64());
    if (n * leastBytes > Math.min(this.nBytes, MAX_HEADER_BYTES) - this.at) {
      throw this.damaged(`it says that ${n} things follow at byte ${this.at}, and has no room for them`);
    }
    return n;
  }

  safe(value: bigint | number): number {
    const n = Number(value);
    if (!Number.isSafeInteger(n)) throw this.damaged(`the number ${value} in it makes no sense`);
    return n;
  }

  text(): string {
    return this.#take(this.count(1)).toString('utf8');
  }

  value(type: number): GgufValue {
    const scalar = SCALARS[type];
    if (scalar !== undefined) return scalar.read(this.#take(scalar.nBytes));
    if (type === STRING) return this.text();
    if (type !== ARRAY) throw this.damaged(`a value at byte ${this.at} has the unknown type ${type}`);
    const inner = this.u32();
    if (inner === ARRAY) throw this.damaged(`it has a list of lists at byte ${this.at}`);
    const n = this.count(SCALARS[inner]?.nBytes ?? 8);
    return Array.from({ length: n }, () => this.value(inner));
  }

  damaged(what: string): UserError {
    return new UserError(`${this.path} is damaged: ${what}.`, {
      action: 'Download or copy the model again.',
    });
  }

  #take(nBytes: number): Buffer {
    if (this.at + nBytes > this.nBytes)
      throw this.damaged(`it ends at byte ${this.nBytes}, inside its header`);
    if (this.at + nBytes > MAX_HEADER_BYTES)
      throw this.damaged(`its header is longer than ${MAX_HEADER_BYTES} bytes`);
    if (this.at + nBytes > this.#nBytesHere) throw new HeaderGoesOn();
    const end = this.#pieceAt + this.#piece.length;
    if (this.at < this.#pieceAt || this.at + nBytes > end) {
      const piece = Buffer.alloc(Math.min(this.#nBytesHere - this.at, Math.max(nBytes, PIECE_BYTES)));
      readSync(this.#file, piece, 0, piece.length, this.at);
      this.#piece = piece;
      this.#pieceAt = this.at;
    }
    const start = this.at - this.#pieceAt;
    this.at += nBytes;
    return this.#piece.subarray(start, start + nBytes);
  }
}

const PIECE_BYTES = 1 << 20;
const STRING = 8;
const ARRAY = 9;
const SCALARS: Readonly<Record<number, { nBytes: number; read(bytes: Buffer): number | bigint | boolean }>> =
  {
    0: { nBytes: 1, read: (bytes) => bytes.readUInt8() },
    1: { nBytes: 1, read: (bytes) => bytes.readInt8() },
    2: { nBytes: 2, read: (bytes) => bytes.readUInt16LE() },
    3: { nBytes: 2, read: (bytes) => bytes.readInt16LE() },
    4: { nBytes: 4, read: (bytes) => bytes.readUInt32LE() },
    5: { nBytes: 4, read: (bytes) => bytes.readInt32LE() },
    6: { nBytes: 4, read: (bytes) => bytes.readFloatLE() },
    7: { nBytes: 1, read: (bytes) => bytes.readUInt8() !== 0 },
    10: { nBytes: 8, read: (bytes) => bytes.readBigUInt64LE() },
    11: { nBytes: 8, read: (bytes) => bytes.readBigInt64LE() },
    12: { nBytes: 8, read: (bytes) => bytes.readDoubleLE() },
  };
