// What each fragment is and holds, kept in the study file for views: the last step of an analysis, and done
// later for files that lack it.

import { existsSync } from 'node:fs';
import { describeFragments } from '../answers/describe-fragments.ts';
import { tryLock } from '../file-lock.ts';
import { addWords, replaceFacts } from '../store/facts-tables.ts';
import { isDone, isDoneAfterAnalysis } from '../store/stages-table.ts';
import { type Database, openForReading, openForWriting } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';

/** Does nothing where it has been done. The caller holds the study's lock. */
export async function describe(db: Database): Promise<void> {
  if (isDoneAfterAnalysis(db, 'describe')) return addWords(db);
  const { kinds, sensitive } = await describeFragments(db);
  replaceFacts(
    db,
    kinds.map(({ kind, spdxId }, id) => ({
      category: kind,
      spdxId: spdxId ?? '',
      sensitive: (sensitive.get(id) ?? []).map((range) => range.kind),
    })),
  );
}

/** Describes the study if it can, and tells whether it is described now. One that another process writes is left to it. */
export async function describeStudy(file: string): Promise<boolean> {
  if (hasBeenDescribed(file)) return true;
  using lock = tryLock(file);
  if (!lock || !existsSync(file)) return false;
  using db = openForWriting(file);
  if (!readStudy(db)?.analysed) return false;
  await describe(db);
  return true;
}

function hasBeenDescribed(file: string): boolean {
  using db = openForReading(file);
  return isDone(db, 'describe') && isDone(db, 'words');
}
