// The buffers in the body of an Arrow message: read by pieces where they stand as they are, unpacked whole where they are
// packed, and none of it before it is asked for.

import { zstdDecompressSync } from 'node:zlib';
import type { BodyCompression } from 'apache-arrow/fb/body-compression';
import { BodyCompressionMethod } from 'apache-arrow/fb/body-compression-method';
import { CompressionType } from 'apache-arrow/fb/compression-type';
import type { RecordBatch } from 'apache-arrow/fb/record-batch';
import { Type } from 'apache-arrow/fb/type';
import type { ByteSource } from '../byte-source.ts';
import { MAX_EXPANSION } from '../inflate.ts';
import { unpackLz4 } from '../unpack/lz4.ts';
import { ArrowDamage, corrupt, sizeOf } from './doubt.ts';
import type { ArrowMessage } from './messages.ts';
import type { ArrowField } from './schema.ts';

export interface BodyBuffer {
  readonly nBytes: number;
  /** Exactly these bytes; what is not there is damage. */
  read(start: number, nBytes: number): Promise<Buffer>;
}

/** A column of one batch. */
export interface PlacedColumn {
  readonly field: ArrowField;
  readonly nRows: number;
  readonly buffers: readonly BodyBuffer[];
  readonly children: readonly PlacedColumn[];
}

/** Columns of a batch, in the order of `fields`. */
export function placeColumns(
  source: ByteSource,
  { bodyStart, nBodyBytes, nMetadataBytes }: ArrowMessage,
  batch: RecordBatch,
  fields: readonly ArrowField[],
): readonly PlacedColumn[] {
  const nNodes = batch.nodesLength();
  const nBuffers = batch.buffersLength();
  if (16 * Math.max(nNodes, nBuffers) > nMetadataBytes) throw corrupt('a batch lists more parts than it has');
  const open = openerOf(source, batch.compression());
  let node = 0;
  let buffer = 0;
  let nViews = 0;
  const nextBuffer = (): BodyBuffer => {
    const found = buffer < nBuffers ? batch.buffers(buffer++) : null;
    if (!found) throw corrupt('a batch has fewer buffers than its columns need');
    const start = sizeOf(found.offset(), 'the place of a buffer');
    const nBytes = sizeOf(found.length(), 'the length of a buffer');
    if (start + nBytes > nBodyBytes)
      throw corrupt(`a buffer ends at byte ${start + nBytes} of ${nBodyBytes}`);
    return open(bodyStart + start, nBytes);
  };
  const place = (field: ArrowField): PlacedColumn => {
    const own = node < nNodes ? batch.nodes(node++) : null;
    if (!own) throw corrupt('a batch has fewer columns than its schema');
    const isView = !field.dictionary && (field.type === Type.Utf8View || field.type === Type.BinaryView);
    const nMore = isView ? sizeOf(batch.variadicBufferCounts(nViews++) ?? 0n, 'a number of buffers') : 0;
    if (nMore > nBuffers) throw corrupt(`a column has ${nMore} buffers`);
    return {
      field,
      nRows: sizeOf(own.length(), 'the length of a column'),
      buffers: Array.from({ length: field.nBuffers + nMore }, nextBuffer),
      children: field.children.map(place),
    };
  };
  const columns = fields.map(place);
  if (node !== nNodes || buffer !== nBuffers) throw corrupt('a batch has more parts than its schema');
  return columns;
}

function openerOf(
  source: ByteSource,
  compression: BodyCompression | null,
): (start: number, nBytes: number) => BodyBuffer {
  if (!compression) return (start, nBytes) => new PlainBuffer(source, start, nBytes);
  if (compression.method() !== BodyCompressionMethod.BUFFER)
    throw corrupt(`a batch is packed by the method ${compression.method()}, which is not known`);
  const codec = compression.codec();
  if (codec !== CompressionType.LZ4_FRAME && codec !== CompressionType.ZSTD)
    throw corrupt(`a batch is packed with the codec ${codec}, which is not known`);
  return (start, nBytes) => new PackedBuffer(source, codec, start, nBytes);
}

/** Small pieces that follow each other are read together. */
const WINDOW_BYTES = 256 << 10;

class PlainBuffer implements BodyBuffer {
  readonly nBytes: number;
  readonly #source: ByteSource;
  readonly #start: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

  constructor(source: ByteSource, start: number, nBytes: number) {
    this.#source = source;
    this.#start = start;
    this.nBytes = nBytes;
  }

  async read(start: number, nBytes: number): Promise<Buffer> {
    if (nBytes === 0) return Buffer.alloc(0);
    if (start + nBytes > this.nBytes)
      throw corrupt(`a column refers to byte ${start + nBytes} of ${this.nBytes}`);
    const from = start - this.#windowStart;
    if (from >= 0 && from + nBytes <= this.#window.length) return this.#window.subarray(from, from + nBytes);
    const wanted = Math.min(Math.max(nBytes, WINDOW_BYTES), this.nBytes - start);
    const read = await this.#source.read(this.#start + start, wanted);
    if (read.length < nBytes) throw new ArrowDamage('truncated', 'the file became shorter');
    this.#window = nBytes > WINDOW_BYTES ? Buffer.alloc(0) : read;
    this.#windowStart = start;
    return read.subarray(0, nBytes);
  }
}

/** Buffers that need more memory than this are refused by name. */
const MAX_UNPACKED_BYTES = 4 * 2 ** 30;
const HARMLESS_BYTES = 64 << 20;

/** Begins with its length unpacked, or with -1 where it is not packed after all. */
class PackedBuffer implements BodyBuffer {
  readonly #source: ByteSource;
  readonly #codec: CompressionType;
  readonly #start: number;
  readonly #nPacked: number;
  #bytes: Promise<Buffer> | undefined;

  constructor(source: ByteSource, codec: CompressionType, start: number, nPacked: number) {
    this.#source = source;
    this.#codec = codec;
    this.#start = start;
    this.#nPacked = nPacked;
  }

  get nBytes(): number {
    return this.#nPacked === 0 ? 0 : Number.MAX_SAFE_INTEGER;
  }

  async read(start: number, nBytes: number): Promise<Buffer> {
    if (nBytes === 0) return Buffer.alloc(0);
    this.#bytes ??= this.#unpack();
    const bytes = await this.#bytes;
    if (start + nBytes > bytes.length)
      throw corrupt(`a column refers to byte ${start + nBytes} of ${bytes.length}`);
    return bytes.subarray(start, start + nBytes);
  }

  async #unpack(): Promise<Buffer> {
    if (this.#nPacked < 8) throw corrupt(`a packed buffer has ${this.#nPacked} bytes`);
    if (this.#nPacked > MAX_UNPACKED_BYTES)
      throw new ArrowDamage('expands', `a buffer takes ${this.#nPacked} bytes of memory`);
    const packed = await this.#source.read(this.#start, this.#nPacked);
    if (packed.length < this.#nPacked) throw new ArrowDamage('truncated', 'the file became shorter');
    const size = packed.readBigInt64LE();
    const rest = packed.subarray(8);
    if (size === -1n) return rest;
    const nBytes = sizeOf(size, 'the length of a packed buffer');
    if (nBytes > MAX_UNPACKED_BYTES || nBytes > HARMLESS_BYTES + MAX_EXPANSION * rest.length)
      throw new ArrowDamage('expands', `a buffer of ${rest.length} bytes takes ${nBytes} bytes of memory`);
    // Arrow for JavaScript writes the packed length instead, and believes none when it reads.
    const isOfJavaScript = nBytes === rest.length;
    const most = isOfJavaScript ? HARMLESS_BYTES + MAX_EXPANSION * rest.length : nBytes;
    const bytes = await unpacked(rest, this.#codec, most);
    if (bytes.length !== nBytes && !isOfJavaScript)
      throw corrupt(`a buffer has ${bytes.length} bytes and not ${nBytes}`);
    return bytes;
  }
}

async function unpacked(packed: Buffer, codec: CompressionType, nBytes: number): Promise<Buffer> {
  try {
    if (codec === CompressionType.ZSTD)
      return zstdDecompressSync(packed, { maxOutputLength: Math.max(1, nBytes) });
    const pieces: Buffer[] = [];
    let nOut = 0;
    for await (const inflated of unpackLz4(once(packed))) {
      for (const piece of inflated.pieces) {
        nOut += piece.length;
        pieces.push(piece);
      }
      if (nOut > nBytes) throw corrupt(`a buffer has more than ${nBytes} bytes`);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    if (error instanceof ArrowDamage || !(error instanceof Error && 'code' in error)) throw error;
    throw corrupt(`a packed buffer is damaged (${error.message})`);
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
