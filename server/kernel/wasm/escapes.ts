// JSON's escapes. A pair of surrogates is one character; half a pair keeps its own three bytes, since nothing
// of a document may be replaced.

/** The longest escape: \uD83D\uDE00. */
// @ts-ignore: decorator
@inline export const ESCAPE_BYTES: u32 = 12;

// @ts-ignore: decorator
@inline export const READ: u32 = 0;
// @ts-ignore: decorator
@inline export const INCOMPLETE: u32 = 1;
// @ts-ignore: decorator
@inline export const INVALID: u32 = 2;

let point: u32 = 0;
let length: u32 = 0;

// @ts-ignore: decorator
@inline export function escapePoint(): u32 { return point; }
// @ts-ignore: decorator
@inline export function escapeLength(): u32 { return length; }

/** Reads the escape whose backslash is at `p`. */
export function readEscape(p: usize, end: usize): u32 {
  const n = <u32>(end - p);
  if (n < 2) return INCOMPLETE;
  const c = <u32>load<u8>(p, 1);
  length = 2;
  switch (c) {
    case 0x22: case 0x5c: case 0x2f: point = c; return READ;
    case 0x62: point = 0x08; return READ;
    case 0x66: point = 0x0c; return READ;
    case 0x6e: point = 0x0a; return READ;
    case 0x72: point = 0x0d; return READ;
    case 0x74: point = 0x09; return READ;
    case 0x75: break;
    default: return INVALID;
  }
  const first = readHex(p + 2, n - 2);
  if (first < 0) return first == -1 ? INCOMPLETE : INVALID;
  point = first;
  length = 6;
  if (first < 0xd800 || first > 0xdbff) return READ;
  if (n < 7) return INCOMPLETE;
  if (load<u8>(p, 6) != 0x5c) return READ;
  if (n < 8) return INCOMPLETE;
  if (load<u8>(p, 7) != 0x75) return READ;
  const second = readHex(p + 8, n - 8);
  if (second < 0) return second == -1 ? INCOMPLETE : INVALID;
  if (second < 0xdc00 || second > 0xdfff) return READ;
  point = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  length = 12;
  return READ;
}

/** Four hex digits; -1 when they are not all there, -2 when they are none. */
function readHex(p: usize, n: u32): i32 {
  let value = 0;
  for (let k: u32 = 0; k < 4; k++) {
    if (k == n) return -1;
    const c = <i32>load<u8>(p + k);
    const low = c | 32;
    if (c >= 0x30 && c <= 0x39) value = (value << 4) | (c - 0x30);
    else if (low >= 0x61 && low <= 0x66) value = (value << 4) | (low - 0x61 + 10);
    else return -2;
  }
  return value;
}

/** Writes a code point as UTF-8; returns how many bytes. */
export function writePoint(o: usize, c: u32): u32 {
  if (c < 0x80) {
    store<u8>(o, c);
    return 1;
  }
  if (c < 0x800) {
    store<u8>(o, 0xc0 | (c >> 6));
    store<u8>(o, 0x80 | (c & 63), 1);
    return 2;
  }
  if (c < 0x10000) {
    store<u8>(o, 0xe0 | (c >> 12));
    store<u8>(o, 0x80 | ((c >> 6) & 63), 1);
    store<u8>(o, 0x80 | (c & 63), 2);
    return 3;
  }
  store<u8>(o, 0xf0 | (c >> 18));
  store<u8>(o, 0x80 | ((c >> 12) & 63), 1);
  store<u8>(o, 0x80 | ((c >> 6) & 63), 2);
  store<u8>(o, 0x80 | (c & 63), 3);
  return 4;
}
