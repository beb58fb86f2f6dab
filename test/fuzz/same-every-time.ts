// Seeds hold the folder that they were made in. Under another name for each run, what a seed and a number make would be
// other bytes each time, and could not be made again.

import { basename, sep } from 'node:path';

/** The bytes with the part of the path that `mkdtemp` chose replaced by one as long. */
export function sameEveryTime(bytes: Buffer, folder: string): Buffer {
  const name = folder.split(sep).find((part) => /^verbatim-fuzz-\w{6}$/.test(part)) ?? basename(folder);
  return Buffer.from(bytes.toString('latin1').replaceAll(name, name.replace(/\w{6}$/, 'XXXXXX')), 'latin1');
}
