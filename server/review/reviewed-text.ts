// Files of a work tree as they are looked up: whole, or not at all with a reason.

import { readFileSync, statSync } from 'node:fs';
import type { CheckedText } from '../../protocol/checked-text.ts';
import { decodeText, encodingOf } from '../text/decode-text.ts';
import { placedNotebook } from '../text/notebook.ts';

const MAX_FILE_BYTES = 64 << 20;
/** A NUL among the first bytes says that a file is binary, as in git. */
const BINARY_BYTES = 8000;

/** Why it is not looked up, as the end of a sentence. */
export function readText(path: string): Uint8Array | string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'is not there';
  if (!stat.isFile()) return 'is no file';
  if (stat.size > MAX_FILE_BYTES) return `has more than ${MAX_FILE_BYTES} bytes and is passed over`;
  const bytes = readFileSync(path);
  const isBinary = encodingOf(bytes) === 'bytes' && bytes.subarray(0, BINARY_BYTES).includes(0);
  return isBinary ? BINARY : bytes;
}

export const BINARY = 'is binary and is passed over';

/** What of a file is looked up, and where its lines stand in it. */
export interface LookedUp {
  readonly text: Uint8Array;
  /** Number of a line of the file, for one of the text. */
  readonly lineOfFile: (line: number) => number;
}

/** A notebook is looked up as a corpus holds it: its cells. */
export function lookedUp(path: string, bytes: Uint8Array): LookedUp {
  const notebook = /\.ipynb$/i.test(path) ? placedNotebook(bytes) : undefined;
  if (!notebook) return { text: decodeText(bytes), lineOfFile: (line) => line };
  const { text, linesOfFile } = notebook;
  return { text, lineOfFile: (line) => linesOfFile[line - 1] ?? line };
}

/** The answer for a text, told of its file. */
export function ofFile(checked: CheckedText, { lineOfFile }: LookedUp): CheckedText {
  const matches = checked.matches.map((match) => ({
    ...match,
    firstLine: lineOfFile(match.firstLine),
    lastLine: lineOfFile(match.lastLine),
  }));
  return { ...checked, matches };
}

export function countLines(text: Uint8Array): number {
  let n = 0;
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) n++;
  return text.length > 0 && text.at(-1) !== 0x0a ? n + 1 : n;
}
