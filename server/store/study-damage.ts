// When reading a study failed as no healthy study lets it fail: is the file damaged, or the program wrong? The question
// is asked of the file only then, since looking through all of it takes seconds where it is large.

import { VerbatimError } from '../errors.ts';
import { damaged } from '../sqlite-failure.ts';
import { findDamage } from './check-content.ts';
import { StudyDatabase } from './study-database.ts';
import { openForReading } from './study-file.ts';

/** The failure of whoever read these studies, as one that a user can act on where a study is the reason. */
export function diagnose(error: unknown, studies: readonly string[]): unknown {
  if (error instanceof VerbatimError) return error;
  for (const study of studies) {
    try {
      using db = openForReading(study);
      const found = findDamage(db);
      if (found !== undefined) return damaged(study, found);
    } catch (cause) {
      if (cause instanceof VerbatimError) return cause;
    }
  }
  return error;
}

/** Asks this for a failure of which no more is known than which studies this thread has opened. */
export const diagnoseOpened = (error: unknown): unknown => diagnose(error, [...StudyDatabase.opened]);
