// Goes on with the studies that ran when the window was reloaded or its extension host died. The process that ran
// them may take a moment to let go of the file; a study that another window runs by then is left to it.

import { existsSync } from 'node:fs';
import { getStudy } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import type { StudyRuns } from './study-runs.ts';

const LET_GO_LIMIT_MS = 60_000;
const POLL_MS = 250;

export async function resumeInterrupted(
  server: StudyServer,
  gate: Pick<WorkspaceGate, 'admits'>,
  runs: StudyRuns,
  resume: (study: StudyId) => Promise<void>,
): Promise<void> {
  for (const study of runs.interrupted()) {
    if (gate.admits(study) && existsSync(study) && (await isLetGo(server, study))) void resume(study);
    else await runs.forget(study);
  }
}

/** Whether it is there to be resumed: nobody writes it, and it has not come to its end. */
async function isLetGo(server: StudyServer, study: StudyId): Promise<boolean> {
  const giveUpAt = performance.now() + LET_GO_LIMIT_MS;
  while (performance.now() < giveUpAt) {
    const { state } = await server.request(getStudy, { study });
    if (state !== 'running') return state === 'cancelled';
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
