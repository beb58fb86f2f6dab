// A file is there under its name only when it is whole: it is written beside its place, and then put there. Knows
// nothing of what is written.

import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * `write` makes the file at the path it is given. Where that fails, what was at `file` before stays as it is. Who may
 * read and write it stays so, too; a link in its place is replaced, and what it leads to is not touched.
 */
export async function writeWhole(file: string, write: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = `${file}.${randomUUID()}`; // No other writer of the same file has this name.
  try {
    await mkdir(dirname(file), { recursive: true });
    await write(draft);
    await keepMode(file, draft);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}); // What failed before says more.
    throw nameFile(cause, file);
  }
}

async function keepMode(file: string, draft: string): Promise<void> {
  const before = await stat(file).catch(() => undefined);
  if (before?.isFile()) await chmod(draft, before.mode & 0o777);
}

/** The draft is nobody's business: what the system refused is told of the file. */
function nameFile(cause: unknown, file: string): unknown {
  const isOfSystem = cause instanceof Error && 'syscall' in cause;
  return isOfSystem ? Object.assign(cause, { path: file }) : cause;
}
