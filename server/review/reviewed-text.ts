// Files of a work tree as they are looked up: whole, or not at all with a reason.

import { readFileSync, statSync } from 'node:fs';
import { encodingOf } from '../text/decode-text.ts';

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

export function countLines(text: Uint8Array): number {
  let n = 0;
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) n++;
  return text.length > 0 && text.at(-1) !== 0x0a ? n + 1 : n;
}
