// `verbatim demo`: the bundled model against its bundled training data.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { demoPlan } from '../plan/demo-plan.ts';
import { productFolder } from '../product-folder.ts';
import { tell } from './tell.ts';

export function demoCommand(): Command {
  return new Command('demo')
    .description('Run the demo study: a small model, trained to memorise, and its training data.')
    .option('--out <file>', 'study file', 'verbatim-demo.sqlite')
    .option('--fresh', 'start over instead of going on with the study in the file')
    .action(async ({ out, fresh }: { out: string; fresh?: boolean }) => {
      const file = resolve(out);
      if (fresh) {
        const { deleteStudy } = await import('../store/study-file.ts');
        deleteStudy(file);
      }
      const { runAndReport } = await import('./run-and-report.ts');
      await runAndReport({
        file,
        plan: demoPlan(productFolder()),
        execution: { provider: 'auto', batch: 'auto', workers: 'auto' },
        upTo: 'analyse',
        top: 10,
      });
      tell('', `The whole report: verbatim report ${out} --format html > report.html`);
    });
}
