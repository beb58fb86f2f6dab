// A study that is there only when it is whole: for what makes one in one go, and has nothing to go on from.

import { renameSync } from 'node:fs';
import { naming } from '../write-all.ts';
import { fillPlaces, type PlacesOfTables } from './pages/place-tables.ts';
import { type Database, openForWriting, removeStudyFiles } from './study-file.ts';

/**
 * Makes a study where there is none: `fill` writes it beside its place, all but the `places` of its fragments, and where that fails,
 * nothing is left. What another left that was killed is removed. The caller holds the study's lock.
 */
export async function makeStudy(
  path: string,
  fill: (db: Database) => void | Promise<void>,
  places?: PlacesOfTables,
): Promise<void> {
  const draft = `${path}-draft`;
  removeStudyFiles(draft);
  try {
    const db = openForWriting(path, draft);
    try {
      // Each page is then written once: a log is for those that are read meanwhile, or go on.
      db.exec('PRAGMA journal_mode = MEMORY');
      await fill(db);
      db.exec('PRAGMA journal_mode = WAL');
    } finally {
      db.close();
    }
    // The draft is nobody's business.
    if (places) naming(path, () => fillPlaces(draft, places));
    renameSync(draft, path);
  } finally {
    removeStudyFiles(draft);
  }
}
