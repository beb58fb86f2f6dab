// From bytes to token ids. Any bytes can be encoded: what is no UTF-8 becomes the tokens of its single
// bytes, so that decoding gives the same bytes back.

import { Tokenizer } from '@huggingface/tokenizers';
import { UserError } from '../../errors.ts';
import { isObject, type TokenizerJson, tokensOf } from './check-tokenizer.ts';
import type { TokenBytes } from './token-bytes.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** A text that goes on behind another one gets nothing put before it. */
export type TextPlace = 'begins' | 'continues';

export type EncodeText = (text: Uint8Array, place?: TextPlace) => readonly number[];

/** Prepares a tokenizer once; `tokenBytes` is the table of the same file. */
export function createEncoder({ path, json }: TokenizerFile, tokenBytes: TokenBytes): EncodeText {
  const tokenizer = openTokenizer(path, json);
  const further = withoutPrefix(json);
  const tokenizerBehind = further === null ? tokenizer : openTokenizer(path, further);
  const byteToken = new Map<number, number>();
  for (const [id, bytes] of tokenBytes.entries()) {
    if (bytes.length === 1 && !byteToken.has(bytes[0]!)) byteToken.set(bytes[0]!, id);
  }
  // The library takes bytes for what Unigram's table lacks to be unknown.
  const known = json.model.byte_fallback === true && json.model.type === 'Unigram' ? idsByText(json) : null;
  const encodeString = (text: string, isFirst: boolean): readonly number[] => {
    const { ids: own, tokens } = encodeWith(path, isFirst ? tokenizer : tokenizerBehind, text);
    const ids =
      known === null ? own : tokens.flatMap((token) => known.get(token) ?? bytesOf(token).map(encodeByte));
    if (ids.every((id) => id !== undefined && id < tokenBytes.length)) return ids;
    throw new UserError(`${path} has no token for a part of ${JSON.stringify(text.slice(0, 40))}.`, {
      action: 'Choose a model with a complete byte-level vocabulary.',
    });
  };
  const encodeByte = (byte: number) => {
    const token = byteToken.get(byte);
    if (token !== undefined) return token;
    throw new UserError(`${path} has no token for the byte ${byte}.`, {
      action: 'Choose a model with a complete byte-level vocabulary.',
    });
  };
  return (bytes, place = 'begins') => {
    const tokens: number[] = [];
    let isFirst = place === 'begins';
    for (const span of utf8Spans(bytes)) {
      // One by one: a text's tokens may be more than the arguments that a call can have.
      for (const token of typeof span === 'string' ? encodeString(span, isFirst) : [encodeByte(span)])
        tokens.push(token);
      isFirst = false;
    }
    return tokens;
  };
}

/**
 * The tokenizer without what it puts before a text, for the parts behind bytes that are no UTF-8; null where it puts
 * nothing there.
 */
function withoutPrefix(json: TokenizerJson): TokenizerJson | null {
  const normalizer = dropPart(json.normalizer, 'normalizers', (part) =>
    part.type === 'Prepend' ? null : part,
  );
  const preTokenizer = dropPart(json.pre_tokenizer, 'pretokenizers', (part) => {
    if (part.type === 'Metaspace') return { ...part, prepend_scheme: 'never', add_prefix_space: false };
    return part.type === 'ByteLevel' ? { ...part, add_prefix_space: false } : part;
  });
  const changed = { ...json, normalizer, pre_tokenizer: preTokenizer };
  return JSON.stringify([normalizer, preTokenizer]) ===
    JSON.stringify([json.normalizer ?? null, json.pre_tokenizer ?? null])
    ? null
    : changed;
}

type Part = Readonly<Record<string, unknown>>;

function dropPart(part: unknown, list: string, change: (part: Part) => Part | null): unknown {
  if (!isObject(part)) return null;
  const parts = (part as Part)[list];
  if ((part as Part).type !== 'Sequence' || !Array.isArray(parts)) return change(part as Part);
  const kept = parts.map((one) => dropPart(one, list, change)).filter((one) => one !== null);
  return { ...part, [list]: kept };
}

const bytesOf = (text: string): readonly number[] => [...new TextEncoder().encode(text)];

const idsByText = (json: TokenizerJson): ReadonlyMap<string, number> =>
  new Map([
    ...tokensOf(json).filter(([, id]) => id !== json.model.unk_id),
    ...(json.added_tokens ?? []).map(({ content, id }) => [content, id] as const),
  ]);

/** What the library trips over is the file's fault: the text is any text. */
function encodeWith(
  path: string,
  tokenizer: Tokenizer,
  text: string,
): { readonly ids: readonly number[]; readonly tokens: readonly string[] } {
  try {
    return tokenizer.encode(text, { add_special_tokens: false });
  } catch (cause) {
    throw new UserError(`${path} cannot be used as a tokenizer: ${(cause as Error).message}.`, {
      action: 'Download or copy the model again.',
      cause,
    });
  }
}

/** The library reads settings from a second file too; none of them concerns encoding byte-level BPE. */
function openTokenizer(path: string, json: object): Tokenizer {
  try {
    return new Tokenizer(json, {});
  } catch (cause) {
    throw new UserError(`${path} cannot be used as a tokenizer.`, {
      action: 'Download or copy the model again.',
      cause,
    });
  }
}

/** Runs of valid UTF-8 as strings and every byte outside of them as a number, in order. */
function* utf8Spans(bytes: Uint8Array): Generator<string | number> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    if (at > start) yield decoder.decode(bytes.subarray(start, at));
    yield bytes[at]!;
    start = ++at;
  }
  if (start < bytes.length) yield decoder.decode(bytes.subarray(start));
}

/** Bytes of the well-formed character at a place, or 0 (The Unicode Standard, table 3-7). */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  const isMalformed =
    (first === 0xe0 && second < 0xa0) || // longer than needed
    (first === 0xed && second > 0x9f) || // a surrogate
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second > 0x8f); // above U+10FFFF
  return isMalformed ? 0 : length;
}
