// Prints the tasks of a study as a Job of Kubernetes.

import { basename } from 'node:path';
import { kubernetesJob, kubernetesName } from '../cluster/kubernetes-job.ts';
import { UserError } from '../errors.ts';
import { planAt } from '../study/tasks/open-plan.ts';

interface ManifestOptions {
  readonly image: string;
  readonly claim: string;
  readonly mount: string;
  readonly maxRunning: number;
  readonly cores: number;
}

export function printManifest(study: string, options: ManifestOptions): void {
  const folder = planAt(study, undefined);
  if (folder === undefined) throw new UserError(`The tasks of ${study} are over`);
  const name = kubernetesName(`verbatim-${folder.plan.kind}-${basename(study, '.sqlite')}`);
  process.stdout.write(`${JSON.stringify(kubernetesJob({ ...options, study, folder, name }), null, 2)}\n`);
}
