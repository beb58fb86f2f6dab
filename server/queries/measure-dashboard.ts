// What the dashboard of one study shows when it has been computed.

import type { DashboardMeasures } from '../../protocol/dashboard.ts';
import type { StudyId } from '../../protocol/study.ts';
import { openForReading } from '../store/study-file.ts';
import { measureForDashboard } from './dashboard-measures.ts';

/** Computes in one piece, for seconds where there are a million fragments. */
export function measureStudy(study: StudyId): DashboardMeasures {
  using db = openForReading(study);
  return measureForDashboard(db);
}
