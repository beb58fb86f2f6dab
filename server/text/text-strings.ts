// Texts that come as strings of the language, such as an editor's and a prompt's, as the bytes that all texts are compared by, and back.
// Half of a surrogate pair, which a string may hold and UTF-8 has no form for, is the three bytes of its code point.

import { Utf16Decoder } from './utf-16.ts';

/** A byte order mark at the beginning is no part of the text. */
export function bytesOfString(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text.startsWith('\ufeff') ? text.slice(1) : text);
  const decoder = new Utf16Decoder('utf-16le');
  const bytes = decoder.push(Buffer.from(text, 'utf16le'));
  const end = decoder.end();
  return end.length === 0 ? bytes : Buffer.concat([bytes, end]);
}

/** What is no text in the bytes becomes U+FFFD: a string cannot hold it. */
export function stringOfBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let string = '';
  let from = 0;
  for (let at = text.indexOf(0xed); at >= 0; at = text.indexOf(0xed, at + 1)) {
    const [second = 0, third = 0] = text.subarray(at + 1, at + 3);
    if (second < 0xa0 || second > 0xbf || (third & 0xc0) !== 0x80) continue;
    string += text.toString('utf8', from, at);
    string += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    from = at + 3;
  }
  return string + text.toString('utf8', from);
}
