// From token ids to bytes by a plain table. A sample may cut a character in two, so text is bytes here, and
// nothing is ever replaced. Knows only byte-level BPE, which every supported architecture uses.

import { UserError } from '../../errors.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** One entry an id; an id that stands for no text (a special token, a gap) is empty. */
export type TokenBytes = readonly Uint8Array[];

/** Builds the table; throws a UserError when this is another kind of tokenizer. */
export function buildTokenBytes({ path, json }: TokenizerFile): TokenBytes {
  if (!mentionsByteLevel(json.decoder)) {
    throw new UserError(`${path} is no byte-level BPE tokenizer.`, {
      action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
    });
  }
  const added = new Map((json.added_tokens ?? []).map((token) => [token.id, token]));
  const table: Uint8Array[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) {
    if (!added.has(id)) table[id] = bytesOfToken(path, token);
  }
  for (const { id, content, special } of added.values()) {
    table[id] = special ? EMPTY : new TextEncoder().encode(content);
  }
  return inOneBuffer(table);
}

/** Sent to another thread in a fraction of the time that many small buffers take. */
function inOneBuffer(table: readonly (Uint8Array | undefined)[]): TokenBytes {
  const buffer = new Uint8Array(table.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0));
  let at = 0;
  return Array.from(table, (bytes = EMPTY) => {
    buffer.set(bytes, at);
    at += bytes.length;
    return buffer.subarray(at - bytes.length, at);
  });
}

/** Bytes of text that each token stands for. */
export const tokenLengths = (table: TokenBytes, tokens: ArrayLike<number>): Uint16Array =>
  Uint16Array.from(tokens, (id) => table[id]?.length ?? 0);

/** The text of a sample. */
export function decodeTokens(table: TokenBytes, tokens: ArrayLike<number>): Uint8Array {
  let nBytes = 0;
  for (let i = 0; i < tokens.length; i++) nBytes += table[tokens[i]!]?.length ?? 0;
  const text = new Uint8Array(nBytes);
  let at = 0;
  for (let i = 0; i < tokens.length; i++) {
    const bytes = table[tokens[i]!] ?? EMPTY;
    text.set(bytes, at);
    at += bytes.length;
  }
  return text;
}

const EMPTY = new Uint8Array(0);

/**
 * Byte-level BPE writes bytes as printable characters: those that print stand for themselves, the other 68
 * for U+0100 and up in order (`bytes_to_unicode` of GPT-2's encoder).
 */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = (() => {
  const map = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    map.set(String.fromCharCode(prints ? byte : next++), byte);
  }
  return map;
})();

function bytesOfToken(path: string, token: string): Uint8Array {
  const bytes = Array.from(token, (character) => BYTE_OF_CHARACTER.get(character));
  if (!bytes.includes(undefined)) return Uint8Array.from(bytes as number[]);
  throw new UserError(`${path}: the token ${JSON.stringify(token)} is outside the byte-level alphabet.`, {
    action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
  });
}

function mentionsByteLevel(decoder: unknown): boolean {
  return JSON.stringify(decoder ?? null).includes('"ByteLevel"');
}
