// A file is there under its name only when it is whole: it is written beside its place, and then put there. Knows
// nothing of what is written.

import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `write` makes the file at the path it is given. Where that fails, what was at `file` before stays as it is. */
export async function writeWhole(file: string, write: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = `${file}.${randomUUID()}`; // Of nobody else who writes the same file.
  try {
    await mkdir(dirname(file), { recursive: true });
    await write(draft);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}); // What failed before says more.
    throw cause;
  }
}
