// A queue whose jobs run in this process, two at a time, with the real work of a plan's tasks. Some are cut off in the middle, as
// a node's death would, and come back.

import type { JobEnding, JobQueue } from '../../server/cluster/job-queue.ts';
import { runTasks } from '../../server/cluster/run-tasks.ts';
import type { TaskFolder } from '../../server/cluster/task-folder.ts';
import { Cancelled } from '../../server/errors.ts';
import { workOf } from '../../server/study/tasks/open-plan.ts';

export interface JobsHere extends JobQueue {
  /** How many were begun, and how many of these were cut off. */
  readonly counts: { nBegun: number; nCut: number };
}

/** `piecesOf` says after how many pieces the n-th job is cut off; undefined lets it come to its end. */
export function jobsHere(
  folder: TaskFolder,
  piecesOf: (n: number) => number | undefined = () => undefined,
): JobsHere {
  const live = new Set<number>();
  const waiting: number[] = [];
  const counts = { nBegun: 0, nCut: 0 };
  let nRunning = 0;
  const begin = async (job: number) => {
    const cut = new AbortController();
    const most = piecesOf(counts.nBegun++);
    let nPieces = 0;
    const onPiece = () => ++nPieces === most && cut.abort();
    try {
      await runTasks({
        folder,
        ranks: folder.ranksOf(job),
        open: () => workOf(folder),
        signal: cut.signal,
        onPiece,
      });
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      counts.nCut++;
    }
  };
  const next = () => {
    while (nRunning < 2 && waiting.length > 0) {
      // The last ones first, since no order is promised.
      const job = waiting.pop()!;
      nRunning++;
      // What failed is in the folder.
      void begin(job)
        .catch(() => {})
        .finally(() => {
          nRunning--;
          live.delete(job);
          next();
        });
    }
  };
  const ending: JobEnding = { kind: 'node failed', node: undefined, words: 'gone', log: undefined };
  return {
    counts,
    async look() {
      const seen = new Set(live);
      return { has: (job) => seen.has(job), nRunning, nWaiting: waiting.length, reasons: new Map() };
    },
    async submit(jobs) {
      for (const job of jobs) live.add(job);
      waiting.push(...jobs);
      next();
      return jobs.length;
    },
    endings: async (jobs) => new Map(jobs.map((job) => [job, ending])),
    preview: async () => '',
    async cancel() {
      waiting.length = 0;
    },
  };
}
