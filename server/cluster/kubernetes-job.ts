// The tasks of a plan as an indexed Job of Kubernetes: index i is job i of the plan. As JSON, which kubectl takes as it takes YAML.

import { dirname } from 'node:path';
import type { TaskFolder } from './task-folder.ts';

export interface KubernetesOptions {
  /** Absolute path of the study file, on the volume. */
  readonly study: string;
  readonly folder: TaskFolder;
  readonly name: string;
  /** Image with `verbatim` on its path. */
  readonly image: string;
  /** Claim of the volume that all nodes share, and where it is mounted. */
  readonly claim: string;
  readonly mount: string;
  readonly maxRunning: number;
  readonly cores: number;
}

/** Pods that had to make room are no failures; one that fails by itself has so many tries. */
const TRIES = 3;
const GRACE_SECONDS = 60;
const SCRATCH = '/scratch';

export function kubernetesJob(options: KubernetesOptions): object {
  const { study, folder, name, image, claim, mount, maxRunning, cores } = options;
  const { nJobs } = folder;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: nJobs,
      parallelism: Math.min(nJobs, maxRunning),
      backoffLimitPerIndex: TRIES,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: GRACE_SECONDS,
          containers: [
            {
              name: 'verbatim',
              image,
              command: ['verbatim', 'task', study, '--plan', folder.path, '--first-job', '0'],
              workingDir: dirname(study),
              env: [
                { name: 'TMPDIR', value: SCRATCH },
                { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              ],
              resources: { requests: { cpu: String(cores) }, limits: { cpu: String(cores) } },
              volumeMounts: [
                { name: 'shared', mountPath: mount },
                { name: 'scratch', mountPath: SCRATCH },
              ],
            },
          ],
          volumes: [
            { name: 'shared', persistentVolumeClaim: { claimName: claim } },
            { name: 'scratch', emptyDir: {} },
          ],
        },
      },
    },
  };
}

/** A name that Kubernetes takes, from any text. */
export const kubernetesName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 50)
    .replace(/-+$/, '') || 'verbatim';
