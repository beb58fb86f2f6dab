// Which line of a text a byte stands in. Lines end at LF, CRLF or CR.

/** The place of each line's first byte; the first line's is 0. */
export function lineBeginnings(text: Uint8Array): Float64Array {
  const beginnings = [0];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === LF || (text[at] === CR && text[at + 1] !== LF)) beginnings.push(at + 1);
  }
  return Float64Array.from(beginnings);
}

/** The 1-based line of a byte. */
export function lineAt(beginnings: Float64Array, byteOffset: number): number {
  let low = 0;
  let high = beginnings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (beginnings[middle]! <= byteOffset) low = middle + 1;
    else high = middle;
  }
  return low;
}

const LF = 0x0a;
const CR = 0x0d;
