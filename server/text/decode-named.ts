// The text of bytes whose encoding somebody has named, as UTF-8.

import { decodeText } from './decode-text.ts';

/** Undefined where the encoding is not known. One that is not named is told by the bytes. */
export function decodeNamed(bytes: Uint8Array, encoding: string): Uint8Array | undefined {
  switch (encoding.toLowerCase()) {
    case '':
    case 'utf-8':
    case 'utf8':
    case 'ascii':
    case 'us-ascii':
    case 'utf-16':
      return decodeText(bytes);
    // Browsers take these for windows-1252, which has other characters at 0x80 to 0x9f.
    case 'iso-8859-1':
    case 'latin1':
    case 'latin-1':
      return Buffer.from(Buffer.from(bytes).toString('latin1'));
    default:
      return decodeOther(bytes, encoding);
  }
}

function decodeOther(bytes: Uint8Array, encoding: string): Uint8Array | undefined {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding);
  } catch {
    return undefined;
  }
  return new TextEncoder().encode(decoder.decode(bytes));
}
