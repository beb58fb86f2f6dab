// A scheduler and its nodes as they would look from a study with very many tasks: jobs are taken in parts, end in any order, some are
// lost, and leave small results. No work is done; folders, plans, markers and merging are the real ones.

import { renameSync, statSync } from 'node:fs';
import type { JobQueue } from '../../server/cluster/job-queue.ts';
import { pack } from '../../server/cluster/packed-value.ts';
import { RecordWriter } from '../../server/cluster/record-file.ts';
import { digestOfFile } from '../../server/cluster/run-tasks.ts';
import type { TaskFolder } from '../../server/cluster/task-folder.ts';
import type { SamplePiece, SampleTask } from '../../server/study/tasks/sample-work.ts';

/** The largest array that is taken, and the most jobs that end between two looks. */
const ARRAY = 1000;
const AT_A_LOOK = 5000;
const LOST = 0.01;

const environment: SamplePiece['environment'] = {
  ...{ provider: 'cpu', form: 'simulated', batch: 1, workers: 1, runtime: '0', fallbacks: [] },
};

export function simulatedNodes(
  folder: TaskFolder,
): JobQueue & { readonly counts: { nSubmissions: number; nLost: number } } {
  const live = new Set<number>();
  const counts = { nSubmissions: 0, nLost: 0 };
  const finish = async (job: number) => {
    live.delete(job);
    if (Math.random() < LOST) {
      counts.nLost++;
      return;
    }
    for (const rank of folder.ranksOf(job)) await leaveResult(folder, rank);
  };
  return {
    counts,
    async look() {
      const ending = [...live]
        .map((job) => [Math.random(), job] as const)
        .sort(([a], [b]) => a - b)
        .slice(0, AT_A_LOOK);
      const seen = new Set(live);
      for (const [, job] of ending) await finish(job);
      return { has: (job) => seen.has(job), nRunning: seen.size, nWaiting: 0, reasons: new Map() };
    },
    async submit(jobs) {
      counts.nSubmissions++;
      const taken = jobs.slice(0, ARRAY);
      for (const job of taken) live.add(job);
      return taken.length;
    },
    endings: async () => new Map(),
    preview: async () => '',
    cancel: async () => live.clear(),
  };
}

async function leaveResult(folder: TaskFolder, rank: number): Promise<void> {
  const [first, end] = folder.task(rank) as SampleTask;
  const samples: SamplePiece['samples'] = Array.from({ length: end - first }, (_, i) => ({
    ...{ sampleId: first + i, promptIndex: null, ended: 'length' },
    tokens: new Uint32Array(16),
    logprobs: new Float32Array(16),
    text: new Uint8Array(64).fill(97),
  }));
  const draft = `${folder.result(rank)}.draft`;
  {
    using out = new RecordWriter(draft);
    out.append(
      pack({ rank, items: samples.map(({ sampleId }) => sampleId), value: { samples, environment } }),
    );
  }
  const digest = await digestOfFile(draft);
  const { size: nBytes } = statSync(draft);
  renameSync(draft, folder.result(rank));
  folder.mark(rank, { node: 'n', elapsedMs: 1, nBytes, digest, at: 0 });
}
