// Opens files that somebody else named or made. A pipe would make the reader wait for ever, a device has no end and
// may do something when it is opened, a socket is no file: each is refused at once and by what it is.

import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** What lies at the path is no file that has an end. */
export class IrregularFile extends Error {
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path} is ${what}, and only files are read`);
    this.name = 'IrregularFile';
    this.path = path;
  }
}

/** Whether the last name of the path may be a link. A path of `containedPath` holds none, and must not get one since. */
export type Links = 'follow' | 'refuse';

/**
 * `O_NONBLOCK` changes nothing for files, and keeps the opening of what has become a pipe since it was looked at from
 * waiting. Windows has neither flag.
 */
const FLAGS: Readonly<Record<Links, number>> = {
  follow: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0),
  refuse: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0),
};

/** An open file for reading. Throws `IrregularFile`, or what the system says. */
export async function openRegularFile(path: string | Buffer, links: Links = 'follow'): Promise<FileHandle> {
  refuseIrregular(path, await stat(path));
  const file = await open(path, FLAGS[links]);
  try {
    refuseIrregular(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** `openRegularFile` for readers that do not wait; a path that is no UTF-8 is its bytes. The caller closes the descriptor. */
export function openRegularFileSync(path: string | Buffer, links: Links = 'follow'): number {
  refuseIrregular(path, statSync(path));
  const file = openSync(path, FLAGS[links]);
  try {
    refuseIrregular(path, fstatSync(file));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Throws `IrregularFile` for everything but a file. */
function refuseIrregular(path: string | Buffer, stats: Stats): void {
  const kind = irregularKind(stats);
  if (kind !== undefined) throw new IrregularFile(String(path), kind);
}

/** What it is, with its article; undefined for a file. */
export function irregularKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'no regular file';
}
