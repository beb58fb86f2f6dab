// The texts of samples one behind the other, in memory that another thread can read meanwhile.

export interface SharedTexts {
  readonly bytes: SharedArrayBuffer;
  /** The end of each, in bytes; it begins where the one before ends. */
  readonly ends: Float64Array<SharedArrayBuffer>;
}

/** `texts` hold one character a byte. */
export function shareTexts(texts: readonly string[]): SharedTexts {
  const ends = new Float64Array(new SharedArrayBuffer(8 * texts.length));
  let nBytes = 0;
  for (const [i, text] of texts.entries()) ends[i] = nBytes += text.length;
  const bytes = new SharedArrayBuffer(nBytes);
  const all = Buffer.from(bytes);
  let start = 0;
  for (const text of texts) start += all.write(text, start, 'latin1');
  return { bytes, ends };
}

/** Not copied. */
export function sharedText({ bytes, ends }: SharedTexts, index: number): Uint8Array {
  const start = index === 0 ? 0 : ends[index - 1]!;
  return new Uint8Array(bytes, start, ends[index]! - start);
}
