// Whether Slurm still has jobs of a study that is to go on here: both would do the same work.

import { basename } from 'node:path';
import { SchedulerSilent } from '../../cluster/job-queue.ts';
import { listArrays } from '../../cluster/slurm/live-arrays.ts';
import { hasSubmissions, jobName } from '../../cluster/slurm/slurm-queue.ts';
import { UserError } from '../../errors.ts';
import { currentPlan } from '../tasks/open-plan.ts';

/** Throws a `UserError` where it has. Where Slurm cannot be asked, nobody knows, and the study goes on. */
export async function refuseBesideJobs(study: string): Promise<void> {
  const open = currentPlan(study);
  if (open === undefined || !hasSubmissions(open)) return;
  const name = jobName(study);
  const live = await listArrays(name, basename(open.path)).catch((error) => {
    if (error instanceof UserError || error instanceof SchedulerSilent) return [];
    throw error;
  });
  if (live.length === 0) return;
  throw new UserError(`Slurm has jobs of ${study}`, {
    action: `Follow them with --executor slurm (in VS Code, the setting verbatim.execution.executor), or take them back: scancel --name=${name}`,
  });
}
