// What makes two lines equal: the profiles of docs/method.md, section 1, on bytes written one character each.

import type { Profile } from '../../protocol/study.ts';

/** A line that counts, with where it stands in its text. */
export interface SignificantLine {
  /** Normalised bytes, one character a byte. */
  readonly key: string;
  /** 1-based; counts every line of the text. */
  readonly rawLine: number;
  /** The whole raw line, without its terminator. */
  readonly start: number;
  readonly end: number;
}

export function significantLines(text: Uint8Array, profile: Profile): SignificantLine[] {
  const lines: SignificantLine[] = [];
  let rawLine = 0;
  for (const { start, end } of rawLines(text)) {
    rawLine++;
    const key = normaliseLine(text.subarray(start, end), profile);
    if (key !== '') lines.push({ key, rawLine, start, end });
  }
  return lines;
}

/** The normalised bytes of one line; empty when the line does not count. */
function normaliseLine(line: Uint8Array, profile: Profile): string {
  let text = '';
  for (const byte of line) text += String.fromCharCode(byte);
  return profile === 'exact-1' ? trimBlanks(text) : normaliseWords(text);
}

const LF = 0x0a;
const CR = 0x0d;

/** Lines end at LF, CRLF or CR; what follows the last terminator is a line too. */
function* rawLines(text: Uint8Array): Generator<{ start: number; end: number }> {
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== LF && text[at] !== CR) continue;
    yield { start, end: at };
    if (text[at] === CR && text[at + 1] === LF) at++;
    start = at + 1;
  }
  yield { start, end: text.length };
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

const separators = /[.,;:"'?!]/;
const symbols = /[#$%&()*+/<=>@[\\\]^`{|}~-]/;

function normaliseWords(text: string): string {
  let spaced = '';
  for (const character of text) {
    if (character <= ' ' || separators.test(character)) spaced += ' ';
    else if (symbols.test(character)) spaced += ` ${character} `;
    else spaced += /[A-Z]/.test(character) ? character.toLowerCase() : character;
  }
  return spaced.split(' ').filter(Boolean).join(' ');
}
