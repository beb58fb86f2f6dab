// The end of a log, for a message.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MOST_BYTES = 2000;
const MOST_LINES = 3;

/** Empty where there is nothing to read. */
export function lastLines(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
    const n = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.subarray(0, n).toString().trimEnd().split('\n');
    return lines.slice(-MOST_LINES).join(' · ');
  } finally {
    closeSync(file);
  }
}
