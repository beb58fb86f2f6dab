import { writePoint } from './code-point.ts';

/** UTF-16 to UTF-8, in pieces that may end anywhere. */
export class Utf16Decoder {
  readonly #isLittle: boolean;
  /** Bytes that are no whole unit yet, or the first half of a pair. */
  #rest: Uint8Array = new Uint8Array();
  #isFirst = true;

  constructor(encoding: 'utf-16le' | 'utf-16be') {
    this.#isLittle = encoding === 'utf-16le';
  }

  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const nUnits = bytes.length >> 1;
    const out = new Uint8Array(3 * nUnits);
    let length = 0;
    let unit = 0;
    const isMark = nUnits > 0 && this.#isFirst && view.getUint16(0, this.#isLittle) === 0xfeff;
    if (isMark) unit = 1;
    if (nUnits > 0) this.#isFirst = false;
    while (unit < nUnits) {
      let point = view.getUint16(2 * unit, this.#isLittle);
      if (point >= 0xd800 && point <= 0xdbff) {
        if (unit + 1 === nUnits) break;
        const second = view.getUint16(2 * unit + 2, this.#isLittle);
        if (second >= 0xdc00 && second <= 0xdfff) {
          point = 0x10000 + ((point - 0xd800) << 10) + (second - 0xdc00);
          unit++;
        }
      }
      unit++;
      length = writePoint(out, length, point);
    }
    this.#rest = new Uint8Array(bytes.subarray(2 * unit));
    return out.subarray(0, length);
  }

  /** Half a pair at the end stands for itself; half a unit is a byte that stays as it is. */
  end(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    if (rest.length < 2) return rest;
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
    const out = new Uint8Array(4);
    const length = writePoint(out, 0, view.getUint16(0, this.#isLittle));
    return Buffer.concat([out.subarray(0, length), rest.subarray(2)]);
  }
}
