// Places of bytes in the string that they decode to, as editors count: in UTF-16 units.

/**
 * The ends of pieces of a text in its string; a character that is cut by such an end belongs to the piece that ends it.
 * `ends` are byte offsets in ascending order.
 */
export function utf16Ends(bytes: Uint8Array, ends: Iterable<number>): Uint32Array {
  const decoder = new TextDecoder();
  const found: number[] = [];
  let at = 0;
  let units = 0;
  for (const end of ends) {
    units += decoder.decode(bytes.subarray(at, end), { stream: end < bytes.length }).length;
    found.push(units);
    at = Math.max(at, end);
  }
  return Uint32Array.from(found);
}

/** The place in the string of any byte offset among `offsets`. */
export function utf16Places(bytes: Uint8Array, offsets: Iterable<number>): (byteOffset: number) => number {
  const sorted = [...new Set(offsets)].sort((a, b) => a - b);
  const ends = utf16Ends(bytes, sorted);
  const places = new Map(sorted.map((offset, i) => [offset, ends[i]!]));
  return (byteOffset) => places.get(byteOffset)!;
}
