// Protocol-buffer wire format, the few shapes that ONNX needs. Knows nothing of ONNX's messages.

/** Appends fields in call order; `finish` joins them once. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #nBytes = 0;

  /** Signed values use two's complement over 64 bits, as int64 and enum fields do. */
  int(field: number, value: number | bigint): this {
    return this.#varint(BigInt(field << 3)).#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#varint(BigInt((field << 3) | 5)).#append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint(BigInt((field << 3) | 2))
      .#varint(BigInt(value.length))
      .#append(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  message(field: number, value: ProtobufWriter): this {
    this.#varint(BigInt((field << 3) | 2)).#varint(BigInt(value.#nBytes));
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  /** The fields of a message as fields of this one: messages may stand in pieces. */
  raw(value: ProtobufWriter): this {
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#nBytes);
  }

  #varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = value;
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest === 0n ? low : low | 128);
    } while (rest !== 0n);
    return this.#append(Uint8Array.from(bytes));
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#nBytes += bytes.length;
    return this;
  }
}
