/** Writes a code point as UTF-8, half of a surrogate pair like any other, and returns the place behind it. */
export function writePoint(out: Uint8Array, at: number, point: number): number {
  let to = at;
  if (point < 0x80) {
    out[to++] = point;
    return to;
  }
  if (point < 0x800) out[to++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x10000) out[to++] = 0xe0 | (point >> 12);
    else {
      out[to++] = 0xf0 | (point >> 18);
      out[to++] = 0x80 | ((point >> 12) & 63);
    }
    out[to++] = 0x80 | ((point >> 6) & 63);
  }
  out[to++] = 0x80 | (point & 63);
  return to;
}
