// What a row says of a text that lies elsewhere: the name of its blob, and how that is encoded. Readers give it in the place of the text.

/** The column that says how a blob is encoded. */
export const ENCODING_COLUMN = 'src_encoding';

const LF = '\n';

export const writeReference = (id: Uint8Array, encoding: Uint8Array | undefined): Uint8Array =>
  Buffer.concat([id, Buffer.from(LF), encoding ?? new Uint8Array()]);

export function readReference(reference: Uint8Array): { readonly id: string; readonly encoding: string } {
  const text = Buffer.from(reference).toString('utf8');
  const at = text.indexOf(LF);
  return { id: text.slice(0, at).trim(), encoding: text.slice(at + 1).trim() };
}
