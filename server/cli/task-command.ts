// `verbatim task`: one piece of a study's work, as a scheduler's job runs it.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { TaskOptions } from './run-task.ts';
import { wholeNumber } from './whole-number.ts';

export function taskCommand(): Command {
  return new Command('task')
    .description('Run one task of a study that was cut into tasks; a scheduler’s jobs do.')
    .argument('<study>', 'study file (.sqlite), or folder of an index')
    .argument('[rank]', 'number of the task, from 0', wholeNumber)
    .option('--rank <n>', 'the same, as an option', wholeNumber)
    .addOption(
      new Option(
        '--first-job <n>',
        'job that an array’s index 0 is; the index is that of SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX',
      ).argParser(wholeNumber),
    )
    .option('--plan <dir>', 'folder of the tasks, where it is not the one beside the study that counts now')
    .action(async (study: string, rank: number | undefined, options: TaskOptions) => {
      const { runTask } = await import('./run-task.ts');
      await runTask(resolve(study), rank === undefined ? options : { ...options, rank });
    });
}
