// How close a study's samples come to its training data where nothing long enough was found: the same search for shorter
// pieces, in a study file that is gone afterwards. It follows a run, which has read the same places a moment ago.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawValue } from '../../guard/text/foreign.ts';
import { remotePlaces } from '../../protocol/remote-places.ts';
import { runStudy } from '../../protocol/requests.ts';
import { canBeCloser, MAX_READ_AGAIN_BYTES, searchAgain, shorterThan } from '../../protocol/search-again.ts';
import type { StudyPlan, StudySummary } from '../../protocol/study.ts';
import { type ListedFragment, viewFragments } from '../../protocol/views.ts';
import { readExecution } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';

/** The longest piece; null where there is none, or where looking for it would take long. */
export async function closestMatch(
  server: Pick<StudyServer, 'request'>,
  summary: StudySummary,
): Promise<ListedFragment | null> {
  if (!canBeCloser(summary) || summary.corpusBytes > MAX_READ_AGAIN_BYTES) return null;
  // Another machine is asked once, by the study itself.
  if (remotePlaces(rawValue<StudyPlan>(summary.plan)).length > 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-closest-'));
  try {
    const study = join(folder, 'closest.sqlite');
    const minLines = shorterThan(summary.plan.rule.minLines);
    const plan = searchAgain(summary.id, rawValue<StudyPlan>(summary.plan), minLines);
    await server.request(runStudy, { study, plan, execution: readExecution() });
    const page = { filter: {}, baseline: null, grouping: 'flat', group: null, offset: 0, limit: 1 } as const;
    const { items } = await server.request(viewFragments, { study, ...page, order: 'length' });
    return items[0] ?? null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
