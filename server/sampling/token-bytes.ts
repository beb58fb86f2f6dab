// From token ids to bytes by a plain table. A sample may cut a character in two, so text is bytes here, and
// nothing is ever replaced. Knows only byte-level BPE, which every supported architecture uses.

import { UserError } from '../errors.ts';

/** One entry an id; an id that stands for no text (a special token, a gap) is empty. */
export type TokenBytes = readonly Uint8Array[];

/** Builds the table from the text of tokenizer.json. */
export function parseTokenBytes(path: string, text: string): TokenBytes {
  const json = parse(path, text);
  const vocabulary = json.model?.vocab;
  if (json.model?.type !== 'BPE' || typeof vocabulary !== 'object' || !mentionsByteLevel(json.decoder)) {
    throw new UserError(`${path} is no byte-level BPE tokenizer.`, {
      action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
    });
  }
  const table: Uint8Array[] = [];
  for (const [token, id] of Object.entries(vocabulary)) table[id] = bytesOfToken(path, token);
  for (const { id, content, special } of json.added_tokens ?? []) {
    table[id] = special ? EMPTY : new TextEncoder().encode(content);
  }
  return Array.from(table, (bytes) => bytes ?? EMPTY);
}

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

interface TokenizerJson {
  readonly model?: { readonly type?: string; readonly vocab?: Readonly<Record<string, number>> };
  readonly decoder?: unknown;
  readonly added_tokens?: readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
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
  const characters = [...token];
  const bytes = characters.map((character) => BYTE_OF_CHARACTER.get(character));
  if (!bytes.includes(undefined)) return Uint8Array.from(bytes as number[]);
  // An added token may also be listed in the vocabulary, in plain text. It prints as itself.
  if (characters.length > 1) return new TextEncoder().encode(token);
  throw new UserError(`${path}: the token ${JSON.stringify(token)} is outside the byte-level alphabet.`, {
    action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
  });
}

function mentionsByteLevel(decoder: unknown): boolean {
  return JSON.stringify(decoder ?? null).includes('"ByteLevel"');
}

function parse(path: string, text: string): TokenizerJson {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new UserError(`${path} is no JSON.`, { action: 'Download or copy the model again.', cause });
  }
}
