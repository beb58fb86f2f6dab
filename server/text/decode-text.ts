// One decoder for every text that is compared: files of corpora, samples, prompts and what an editor shows. Bytes go in
// and bytes come out, UTF-8 where the encoding says what it is. What is no valid text in it stays as it is, so that
// equal bytes stay equal: an invalid sequence, a NUL, and half of a surrogate pair as the three bytes of its code point.

import { Utf16Decoder } from './utf-16.ts';

/** `bytes`: as they are. */
export type Encoding = 'bytes' | 'utf-8-bom' | 'utf-16le' | 'utf-16be';

/** How many bytes `encodingOf` looks at, at most. */
const ENCODING_BYTES = 512;

/** The encoding of what begins with `head`: by its byte order mark, or by the NULs that UTF-16 has beside ASCII. */
export function encodingOf(head: Uint8Array): Encoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8-bom';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (isUtf16(head, 0)) return 'utf-16le';
  return isUtf16(head, 1) ? 'utf-16be' : 'bytes';
}

/** Text is mostly ASCII, in code more than anywhere; `low` is where a unit's lower byte stands. */
function isUtf16(head: Uint8Array, low: 0 | 1): boolean {
  const nUnits = Math.min(head.length, ENCODING_BYTES) >> 1;
  let nText = 0;
  for (let unit = 0; unit < nUnits; unit++) {
    const lower = head[2 * unit + low]!;
    if (head[2 * unit + 1 - low] !== 0) continue;
    const isText = (lower >= 0x20 && lower < 0x7f) || (lower >= 0x09 && lower <= 0x0d);
    if (!isText && lower < 0x20) return false;
    nText += isText ? 1 : 0;
  }
  return nUnits >= 2 && nText >= 0.75 * nUnits;
}

/** The text of a whole file. */
export function decodeText(bytes: Uint8Array): Uint8Array {
  const encoding = encodingOf(bytes);
  if (encoding === 'bytes') return bytes;
  if (encoding === 'utf-8-bom') return bytes.subarray(3);
  const decoder = new Utf16Decoder(encoding);
  const text = decoder.push(bytes);
  const end = decoder.end();
  return end.length === 0 ? text : Buffer.concat([text, end]);
}

/** The text of a stream; `bytes` come through without a copy. */
export async function* decodeStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: Utf16Decoder | 'none' | undefined;
  let held: Uint8Array = new Uint8Array();
  const begin = (head: Uint8Array): Uint8Array => {
    const encoding = encodingOf(head);
    decoder = encoding === 'utf-16le' || encoding === 'utf-16be' ? new Utf16Decoder(encoding) : 'none';
    if (decoder !== 'none') return decoder.push(head);
    return encoding === 'utf-8-bom' ? head.subarray(3) : head;
  };
  for await (const chunk of chunks) {
    if (decoder === 'none') yield chunk;
    else if (decoder) yield decoder.push(chunk);
    else if (held.length === 0 && chunk.length >= ENCODING_BYTES) yield begin(chunk);
    else {
      held = Buffer.concat([held, chunk]);
      if (held.length >= ENCODING_BYTES) yield begin(held);
    }
  }
  if (!decoder) yield begin(held);
  if (decoder && decoder !== 'none') yield decoder.end();
}
