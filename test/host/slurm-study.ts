// A study that another shell has handed over to Slurm, in jobs that wait, and whose own process is gone.

import { join } from 'node:path';
import { jobName } from '../../server/cluster/slurm/slurm-queue.ts';
import { demoCorpus, demoModel, startCli } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';
import { startSlurm } from '../support/slurm-cluster.ts';

/** What the editor's suite finds it by, or the reason why there can be none. */
export async function leaveStudyToSlurm(): Promise<Readonly<Record<string, string>> | string> {
  const cluster = await startSlurm();
  if (typeof cluster === 'string') return cluster;
  const study = join(scratchFolder(), 'left.sqlite');
  const name = jobName(study);
  process.env.SLURM_CONF = cluster.env.SLURM_CONF;
  const run = startCli(
    ...['study', '--model', demoModel, '--corpus', demoCorpus, '--out', study],
    ...['--samples', '8', '--max-tokens', '16', '--seed', '7', '--top', '0'],
    ...['--executor', 'slurm', '--max-running', '1', '--sbatch', '--partition=closed'],
  );
  delete process.env.SLURM_CONF;
  const jobs = async () => (await cluster.ask('squeue', '-h', '-n', name, '-o', '%F')) !== '';
  await cluster.until('its jobs', jobs, run);
  run.child.kill('SIGKILL');
  await run.result;
  return {
    SLURM_CONF: cluster.env.SLURM_CONF!,
    VERBATIM_TEST_SLURM: JSON.stringify({ study, name, partition: 'closed' }),
  };
}
