// Plain data with typed arrays as bytes: JSON, in which each array is a reference to its bytes behind it. Numbers that JSON
// has no word for (infinities, NaN, minus zero) come back as they were.

const arrays = { Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array };
type ArrayName = keyof typeof arrays;

/** No property of plain data has this name. */
const MARK = '\0';
const HEAD_BYTES = 8;

export function pack(value: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  let nBytes = 0;
  const json = JSON.stringify(value, function (this: Record<string, unknown>, key, given) {
    const original = this[key];
    if (ArrayBuffer.isView(original)) {
      const { buffer, byteOffset, byteLength } = original;
      const name = Buffer.isBuffer(original) ? 'Uint8Array' : original.constructor.name;
      if (!(name in arrays)) throw new TypeError(`A ${name} cannot be packed`);
      parts.push(new Uint8Array(buffer, byteOffset, byteLength));
      nBytes += byteLength;
      return { [MARK]: [name, nBytes - byteLength, byteLength] };
    }
    if (typeof given === 'number' && (!Number.isFinite(given) || Object.is(given, -0)))
      return { [MARK]: Object.is(given, -0) ? '-0' : String(given) };
    return given;
  });
  const text = Buffer.from(json);
  const packed = new Uint8Array(HEAD_BYTES + text.length + nBytes);
  new DataView(packed.buffer).setBigUint64(0, BigInt(text.length), true);
  packed.set(text, HEAD_BYTES);
  let at = HEAD_BYTES + text.length;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** Throws where the bytes are no packed value. */
export function unpack(packed: Uint8Array): unknown {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const nText = packed.length < HEAD_BYTES ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(nText <= packed.length - HEAD_BYTES)) throw new Error('This is no packed value');
  const behind = packed.subarray(HEAD_BYTES + nText);
  const json = new TextDecoder('utf-8', { fatal: true }).decode(
    packed.subarray(HEAD_BYTES).subarray(0, nText),
  );
  return JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, MARK)) return value;
    const mark = (value as { readonly [MARK]: unknown })[MARK];
    return typeof mark === 'string' ? Number(mark) : arrayAt(behind, mark);
  });
}

function arrayAt(behind: Uint8Array, mark: unknown): unknown {
  const [name, at, nBytes] = mark as readonly [ArrayName, number, number];
  const isInside =
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(nBytes) &&
    at >= 0 &&
    nBytes >= 0 &&
    at + nBytes <= behind.length;
  if (!isInside || !Object.hasOwn(arrays, name) || nBytes % arrays[name].BYTES_PER_ELEMENT !== 0)
    throw new Error('This is no packed value');
  const bytes = new Uint8Array(nBytes);
  bytes.set(behind.subarray(at, at + nBytes));
  return new arrays[name](bytes.buffer);
}
