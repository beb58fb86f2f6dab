// Counts that every page of a view tells and that take longer than the page itself: kept for each state of a study's file.

import { isLocked } from '../file-lock.ts';
import type { StudyDatabase } from './study-database.ts';

const MAX_REMEMBERED = 1000;
/** What is named at more length is not kept: a baseline's fingerprints, say. */
const MAX_NAME = 2000;

/** Keys are the file, its state and what is counted. */
const counts = new Map<string, number>();

/** What `count` answers, asked once as long as nobody writes the study. `what` names it among all that is counted. */
export function countOnce(db: StudyDatabase, what: string, count: () => number): number {
  if (db.settledState === undefined || what.length > MAX_NAME) return count();
  const key = JSON.stringify([db.path, db.settledState, what]);
  const known = counts.get(key);
  if (known !== undefined) return known;
  const counted = count();
  // Whoever writes it may have written before the state was taken, and say so only later.
  if (isLocked(db.path)) return counted;
  if (counts.size >= MAX_REMEMBERED) counts.clear();
  counts.set(key, counted);
  return counted;
}
