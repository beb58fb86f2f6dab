// From token ids to bytes by a plain table. A sample may cut a character in two, so text is bytes here, and
// nothing is ever replaced. Knows no model.

import { UserError } from '../../errors.ts';
import { tokensOf } from './check-tokenizer.ts';
import { type FirstSpace, readDecoder } from './token-decoder.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** One entry an id; an id that stands for no text (a special token, a gap) is empty. */
export type TokenBytes = readonly Uint8Array[];

/** Builds the table; throws a UserError when this is a kind of tokenizer that is not known. */
export function buildTokenBytes({ path, json }: TokenizerFile): TokenBytes {
  const { bytesOf, bytesOfAdded } = readDecoder(path, json);
  const added = new Map((json.added_tokens ?? []).map((token) => [token.id, token]));
  const table: Uint8Array[] = [];
  for (const [token, id] of tokensOf(json))
    if (!added.has(id)) table[id] = bytesOf(token) ?? refuseToken(path, token);
  const { unk_id: unknown } = json.model;
  if (typeof unknown === 'number') table[unknown] = EMPTY;
  for (const { id, content, special } of added.values()) table[id] = special ? EMPTY : bytesOfAdded(content);
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

/** Bytes of text that each token stands for; where a first space is dropped, its token has one byte less. */
export function tokenLengths(
  table: TokenBytes,
  tokens: ArrayLike<number>,
  firstSpace: FirstSpace = 'kept',
): Uint16Array {
  const lengths = new Uint16Array(tokens.length);
  for (let i = 0; i < tokens.length; i++) lengths[i] = table[tokens[i]!]?.length ?? 0;
  const first = firstSpace === 'kept' ? -1 : lengths.findIndex((length) => length > 0);
  if (first >= 0 && table[tokens[first]!]![0] === SPACE) lengths[first]!--;
  return lengths;
}

/** The text of a sample. */
export function decodeTokens(
  table: TokenBytes,
  tokens: ArrayLike<number>,
  firstSpace: FirstSpace = 'kept',
): Uint8Array {
  let nBytes = 0;
  for (let i = 0; i < tokens.length; i++) nBytes += table[tokens[i]!]?.length ?? 0;
  const text = new Uint8Array(nBytes);
  let at = 0;
  for (let i = 0; i < tokens.length; i++) {
    const bytes = table[tokens[i]!] ?? EMPTY;
    text.set(bytes, at);
    at += bytes.length;
  }
  return firstSpace === 'dropped' && text[0] === SPACE ? text.subarray(1) : text;
}

const EMPTY = new Uint8Array(0);
const SPACE = 0x20;

function refuseToken(path: string, token: string): never {
  throw new UserError(`${path}: the token ${JSON.stringify(token)} is outside the byte-level alphabet.`, {
    action: 'Choose a model with a byte-level BPE tokenizer, as GPT-2 has.',
  });
}
