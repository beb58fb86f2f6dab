// The folder that the corpus of an index lies in now, as it is given on the command line.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';

/** Undefined where it is what it was. Throws a `UserError` where there is no such folder, which is a slip of the keys. */
export function rootOf({ root }: { readonly root?: string | undefined }): string | undefined {
  if (root === undefined) return undefined;
  const folder = resolve(root);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UserError(`There is no folder at ${folder}`, {
    action: 'Give --root the folder that the corpus was moved to, or leave it out.',
  });
}
