// A study at a glance, with whether somebody is writing it at the moment.

import type { StudyId, StudySummary } from '../../protocol/study.ts';
import { isLocked } from '../file-lock.ts';
import type { Database } from '../store/study-file.ts';
import { summarise } from '../store/summary.ts';

/** `db` is the study that is opened. */
export const summaryOf = (db: Database, study: StudyId): StudySummary =>
  summarise(db, study, isLocked(study));
