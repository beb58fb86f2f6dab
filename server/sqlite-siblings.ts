// What lies beside a study file and belongs to it, and what may be made of it. SQLite believes these files: a rollback
// journal can name any file of the disk to be deleted, and a link in the place of a log leads its writes elsewhere.
// docs/decisions/0007-study-siblings.md says who is believed.

import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { irregularKind } from '../guard/paths/regular-file.ts';
import { UserError } from './errors.ts';

/** `beside`: with its log, beside whoever writes it. `alone`: the one file, as if nothing lay beside it. */
export type Opening = 'beside' | 'alone';

/**
 * How an existing study may be opened for reading. Throws `UserError` for what is no file, and where neither way would
 * show what was written. The path is a real one: SQLite looks for siblings where a link leads.
 */
export function openingForReading(path: string): Opening {
  refuseNoFile(path);
  const refusal = refuseSiblings(path);
  if (refusal === undefined) return 'beside';
  // Without its log, the file of a run that was killed may be neither what it was before nor what it became.
  if (logBytes(path) > 0) throw refusal;
  return 'alone';
}

/** How much a log beside the file holds; 0 where there is none, or a link in its place. */
export function logBytes(path: string): number {
  const log = lstatSync(`${path}-wal`, { throwIfNoEntry: false });
  return log?.isFile() ? log.size : 0;
}

/** Throws `UserError` where opening the file for writing, be it yet to be made, would do more than write it. */
export function checkForWriting(path: string): void {
  refuseNoFile(path);
  const refusal = refuseSiblings(path);
  if (refusal !== undefined) throw refusal;
}

/** The path without links, be it of a file that is yet to be made. */
export function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(withoutLinks(folder), basename(path));
  }
}

function refuseNoFile(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) {
    throw new UserError(`${path} is a link that leads nowhere`, { action: 'Name a study file (.sqlite).' });
  }
  const kind = stats && irregularKind(stats);
  if (kind !== undefined) {
    throw new UserError(`${path} is ${kind}, and a study is a file`, {
      action: 'Name a study file (.sqlite).',
    });
  }
}

/** Verbatim writes no links, and no rollback journals but the empty one of a lock, which asks for nothing. */
function refuseSiblings(path: string): UserError | undefined {
  const journal = lstatSync(`${path}-journal`, { throwIfNoEntry: false });
  if (journal !== undefined && !(journal.isFile() && journal.size === 0)) {
    return new UserError(`${path}-journal is a rollback journal, and Verbatim writes none`, {
      action: 'It could make SQLite delete other files. Remove it, if you trust where the study comes from.',
    });
  }
  for (const sibling of [`${path}-wal`, `${path}-shm`]) {
    if (lstatSync(sibling, { throwIfNoEntry: false })?.isFile() === false) {
      return new UserError(`${sibling} is no file of its own, as the log of a study is`, {
        action: 'It could lead writes elsewhere. Remove it.',
      });
    }
  }
  return undefined;
}
