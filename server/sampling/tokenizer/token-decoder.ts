// What a token's characters stand for, as the decoder of a tokenizer's file says: bytes written as printable characters, as GPT-2's
// are, or text with `▁` for spaces and `<0x0A>` for bytes, as SentencePiece's are. Any other decoder is refused by name.

import { UserError } from '../../errors.ts';
import { isObject, type TokenizerJson } from './check-tokenizer.ts';

export interface TokenDecoder {
  /** Undefined where the token is none of this kind. */
  readonly bytesOf: (token: string) => Uint8Array | undefined;
  /** A token that was added beside the table. */
  readonly bytesOfAdded: (content: string) => Uint8Array;
  /** Whether a text loses the space that its first token begins with: the encoder puts one before every text. */
  readonly firstSpace: FirstSpace;
}

export type FirstSpace = 'kept' | 'dropped';

/** Throws a UserError that names the file and the decoder. */
export function readDecoder(path: string, { decoder }: TokenizerJson): TokenDecoder {
  if (JSON.stringify(decoder ?? null).includes('"ByteLevel"')) {
    return { bytesOf: bytesOfPrinted, bytesOfAdded: (content) => UTF8.encode(content), firstSpace: 'kept' };
  }
  const parts = partsOf(decoder);
  const replacements: (readonly [from: string, to: string])[] = [];
  let firstSpace: FirstSpace = 'kept';
  let hasBytes = false;
  for (const part of parts) {
    const { type, pattern, content, start, stop } = part;
    const from = isObject(pattern) && 'String' in pattern ? pattern.String : null;
    if (type === 'Replace' && typeof from === 'string' && from !== '' && typeof content === 'string')
      replacements.push([from, content]);
    else if (type === 'Metaspace') {
      replacements.push([typeof part.replacement === 'string' ? part.replacement : '▁', ' ']);
      const isPut =
        part.prepend_scheme === undefined ? part.add_prefix_space : part.prepend_scheme !== 'never';
      if (isPut !== false) firstSpace = 'dropped';
    } else if (type === 'ByteFallback') hasBytes = true;
    else if (type === 'Strip' && content === ' ' && (start === 0 || start === 1) && stop === 0)
      firstSpace = start === 1 ? 'dropped' : firstSpace;
    else if (type !== 'Fuse') refuse(path, JSON.stringify(part));
  }
  if (replacements.length === 0) refuse(path, JSON.stringify(decoder ?? null));
  const textOf = (token: string) =>
    replacements.reduce((text, [from, to]) => text.replaceAll(from, to), token);
  const bytesOf = (token: string) => {
    const byte = hasBytes ? /^<0x([0-9A-Fa-f]{2})>$/.exec(token) : null;
    return byte === null ? UTF8.encode(textOf(token)) : Uint8Array.of(Number.parseInt(byte[1]!, 16));
  };
  return { bytesOf, bytesOfAdded: bytesOf, firstSpace };
}

type Part = Readonly<Record<string, unknown>>;

/** Parts of a sequence within another one as well; what is none is left to be refused. */
function partsOf(decoder: unknown, level = 0): readonly Part[] {
  if (!isObject(decoder)) return [];
  const { type, decoders } = decoder as Part;
  if (type !== 'Sequence' || !Array.isArray(decoders) || level > MOST_LEVELS) return [decoder as Part];
  return decoders.flatMap((part) => partsOf(part, level + 1));
}

const MOST_LEVELS = 10;

function refuse(path: string, decoder: string): never {
  const shown = decoder.length > MOST_SHOWN ? `${decoder.slice(0, MOST_SHOWN)}…` : decoder;
  throw new UserError(`${path}: what its tokens stand for is not known: its decoder is ${shown}.`, {
    action:
      'Choose a model with a byte-level tokenizer, as GPT-2 has, or one of SentencePiece, as LLaMA has.',
  });
}

const MOST_SHOWN = 100;
const UTF8 = new TextEncoder();

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

function bytesOfPrinted(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (character) => BYTE_OF_CHARACTER.get(character));
  return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[]);
}
