// Options that say which machines do the work of a study.

import { type Command, Option } from 'commander';
import type { Cluster } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { fromOne, fromOneOrAuto } from './whole-number.ts';

export interface ClusterOptions {
  readonly executor?: 'local' | 'slurm' | 'array';
  readonly sbatch?: string;
  readonly sbatchModel?: string;
  readonly maxRunning?: number;
  readonly tasksAJob?: number | 'auto';
  readonly container?: string;
  /** False with `--no-wait`. */
  readonly wait?: boolean;
  readonly dryRun?: boolean;
}

export function addClusterOptions(command: Command): Command {
  return command
    .optionsGroup('On several machines:')
    .addOption(
      new Option(
        '--executor <name>',
        'who does the work: this machine, jobs of Slurm, or tasks that another scheduler runs',
      )
        .choices(['local', 'slurm', 'array'])
        .default('local'),
    )
    .option('--sbatch <options>', 'options for sbatch, such as "--partition=long --cpus-per-task=8"', '')
    .option(
      '--sbatch-model <options>',
      'more of them, for jobs that run the model, such as "--gres=gpu:1"',
      '',
    )
    .option('--max-running <n>', 'jobs that run at the same time', fromOne, 100)
    .option(
      '--tasks-a-job <n>',
      'tasks that one job runs, or auto: ten minutes of work',
      fromOneOrAuto,
      'auto',
    )
    .option('--container <image>', 'image of apptainer in which jobs run verbatim')
    .option(
      '--no-wait',
      'hand the jobs over and end; a last job then gathers what they have done and goes on',
    )
    .option('--dry-run', 'print what would be handed over, and do nothing');
}

/** An empty object for this machine. */
export function clusterOf(options: ClusterOptions): { readonly cluster?: Cluster } {
  const { executor = 'local', container, wait = true, dryRun = false } = options;
  if (executor === 'local') {
    if (wait && !dryRun) return {};
    throw new UserError(`${dryRun ? '--dry-run' : '--no-wait'} is for jobs on other machines`, {
      action: 'Take --executor slurm or array with it.',
    });
  }
  const { sbatch = '', sbatchModel = '', maxRunning = 100, tasksAJob = 'auto' } = options;
  const words = process.argv.slice(2).filter((word) => word !== '--dry-run');
  const last = wait ? {} : { lastJob: { words, folder: process.cwd() } };
  return {
    cluster: {
      ...{ executor, sbatch, sbatchModel, maxRunning, tasksAJob },
      ...(container === undefined ? {} : { container }),
      ...(dryRun ? { waiting: 'show' } : wait ? {} : { waiting: 'none' }),
      ...last,
    },
  };
}
