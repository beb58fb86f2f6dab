// File names that are no UTF-8. A program's strings cannot hold them, so such a byte is written `\xE9` in them, and what
// is opened are the bytes again.

import { isUtf8 } from 'node:buffer';
import { lstatSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';

/** A name as a folder gives it, as text. */
export function nameOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)));
    name += length
      ? bytes.toString('utf8', at, at + length)
      : `\\x${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`;
    at += length ?? 1;
  }
  return name;
}

/** What to open: the path itself, unless only its bytes are there. */
export function onDisk(...parts: readonly string[]): string | Buffer {
  const path = join(...parts);
  if (sep !== '/' || !/\\x[89A-F][0-9A-F]/.test(path) || isThere(path)) return path;
  const bytes = path
    .split(/(\\x[89A-F][0-9A-F])/)
    .map((part, i) => (i % 2 === 0 ? Buffer.from(part) : Buffer.of(Number.parseInt(part.slice(2), 16))));
  return Buffer.concat(bytes);
}

/** The place that a path really leads to, as text. */
export function realPath(path: string): string {
  const place = onDisk(path);
  if (typeof place === 'string' && sep !== '/') return realpathSync(place);
  return nameOfBytes(realpathSync.native(place, 'buffer'));
}

/** A name may be written like that and mean it. */
const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
