// Tasks that some other scheduler runs, or somebody by hand: they are waited for, and nothing is known of them but what they leave behind.

import type { JobQueue } from './job-queue.ts';
import type { TaskFolder } from './task-folder.ts';

export const arrayQueue = ({ nJobs, path }: TaskFolder): JobQueue => ({
  look: async () => ({
    has: () => true,
    nRunning: 0,
    nWaiting: nJobs,
    reasons: new Map([['whatever runs them: verbatim task', nJobs]]),
  }),
  submit: async () => 0,
  preview: async () => `${nJobs} jobs would have their tasks in ${path}`,
  endings: async () => new Map(),
  cancel: async () => {},
});
