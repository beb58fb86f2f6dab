// `verbatim cluster …`: tasks for schedulers that Verbatim does not talk to.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { RequiredOption } from './required-option.ts';
import { fromOne } from './whole-number.ts';

interface Options {
  readonly kubernetes: boolean;
  readonly image: string;
  readonly claim: string;
  readonly mount: string;
  readonly maxRunning: number;
  readonly cores: number;
}

export function clusterCommand(): Command {
  return new Command('cluster')
    .description('Tasks of a study for other schedulers than Slurm.')
    .addCommand(manifestCommand());
}

function manifestCommand(): Command {
  return new Command('manifest')
    .description('Print an indexed Job of Kubernetes that runs the tasks of a study.')
    .argument('<study>', 'study file that was begun with --executor array, as its path is on the volume')
    .addOption(new RequiredOption('--kubernetes', 'a Job of Kubernetes, as JSON'))
    .addOption(new RequiredOption('--image <name>', 'image with verbatim on its path'))
    .addOption(new RequiredOption('--claim <name>', 'claim of the volume that all nodes share'))
    .option('--mount <dir>', 'where the volume is mounted', '/data')
    .option('--max-running <n>', 'pods that run at the same time', fromOne, 100)
    .option('--cores <n>', 'cores of a pod', fromOne, 4)
    .action(async (study: string, options: Options) => {
      const { printManifest } = await import('./cluster-manifest.ts');
      printManifest(resolve(study), options);
    });
}
