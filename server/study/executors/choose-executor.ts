// The executor that an execution asks for.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster, Execution } from '../../../protocol/study.ts';
import { arrayQueue } from '../../cluster/array-queue.ts';
import type { NodeCommand } from '../../cluster/slurm/job-script.ts';
import { cardsAsked, coresAsked, sbatchWords } from '../../cluster/slurm/sbatch-words.ts';
import { SlurmQueue } from '../../cluster/slurm/slurm-queue.ts';
import type { TaskFolder } from '../../cluster/task-folder.ts';
import { LEAVING } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
import type { Executor } from './executor.ts';
import { localExecutor } from './local.ts';
import type { TaskExecutorSettings } from './run-plan.ts';
import { taskExecutor } from './tasks.ts';

/** `study` is the absolute path of its file. */
export function chooseExecutor(execution: Execution, study: string): Executor {
  const { cluster } = execution;
  return cluster === undefined ? localExecutor : taskExecutor(taskSettings(execution, cluster, study));
}

/** How the tasks of a study, or of an index, are run on a cluster. */
export function taskSettings(execution: Execution, cluster: Cluster, study: string): TaskExecutorSettings {
  // What is wrong with the options is said before anything is done.
  const options = { all: sbatchWords(cluster.sbatch), model: sbatchWords(cluster.sbatchModel) };
  return {
    study,
    execution,
    sizes: {
      tasksAJob: cluster.tasksAJob,
      maxRunning: cluster.maxRunning,
      coresAJob: coresAsked([...options.all, ...options.model]),
      cardsAJob: cardsAsked([...options.all, ...options.model]),
    },
    queueFor: (folder) =>
      cluster.executor === 'array' ? arrayQueue(folder) : slurmQueue(study, folder, cluster, options),
    ...(cluster.waiting && { waiting: cluster.waiting }),
    // The jobs of a window that is closed go on, and the next one follows them.
    whenStopped: ({ reason }) => (reason === LEAVING ? 'leave' : 'cancel'),
  };
}

function slurmQueue(
  study: string,
  folder: TaskFolder,
  { maxRunning, container, lastJob }: Cluster,
  options: { readonly all: readonly string[]; readonly model: readonly string[] },
): SlurmQueue {
  const runsModel = folder.plan.kind !== 'scan';
  return new SlurmQueue({
    study,
    folder,
    command: nodeCommand(study, container),
    lastCommand: nodeCommand(study, undefined),
    options: runsModel ? [...options.all, ...options.model] : options.all,
    maxRunning,
    lastJob,
  });
}

/** In a container `verbatim` is on the path; elsewhere it is the program that runs now, in the image that it may run in itself. */
function nodeCommand(study: string, container: string | undefined): NodeCommand {
  const cli = fileURLToPath(programUrl('../../cli.ts', import.meta.url));
  return {
    words: container === undefined ? [process.execPath, cli] : ['verbatim'],
    container: container ?? process.env.APPTAINER_CONTAINER,
    folders: [dirname(study)],
  };
}
