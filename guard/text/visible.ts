// Makes seen what cannot be seen: characters that move the cursor, end a line, turn the direction of the text
// around, or take no space at all. Every encoder begins here.

import { type Encodable, textOf } from './foreign.ts';

/**
 * Controls (C0, C1, DEL), format characters (bidirectional marks, zero widths, tags), line and paragraph separators,
 * lone surrogates, private use, and letters that are drawn as nothing. What makes an emoji one stays.
 */
const hidden =
  /(?!(?<=\p{Emoji})\uFE0F|(?<=\p{Extended_Pictographic}\uFE0F?)\u200D(?=\p{Extended_Pictographic}))[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** `kept` are characters that may stay although they are controls: line feeds and tabs, where text has lines. */
export function visible(text: Encodable, kept = ''): string {
  return textOf(text).replace(hidden, (character) =>
    kept.includes(character) ? character : escapeOf(character),
  );
}

/** Whether a reader sees all there is. */
export const isVisible = (text: Encodable): boolean => visible(text) === textOf(text);

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  if (code > 0xffff) return `\\u{${hex}}`;
  return named[character] ?? (code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`);
}
