// `npm run bench -- cluster`: planning, handing over in parts and merging very many tasks, with jobs that end in any order and are
// lost, in a process of its own for each number. Ratios are of one run: twice the tasks take twice the time.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { taskExecutor } from '../../server/study/executors/tasks.ts';
import { simulatedNodes } from '../support/simulated-nodes.ts';

const SIZES = [25_000, 50_000, 100_000];

export async function run(emit: (figure: object) => void): Promise<void> {
  let before: { readonly cpuSeconds: number } | undefined;
  for (const nTasks of SIZES) {
    const args = [fileURLToPath(import.meta.url), String(nTasks)];
    const { stdout, status } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`The simulation of ${nTasks} tasks failed`);
    const figure = JSON.parse(stdout);
    emit({ ...figure, ...(before && { cpuOfHalfAsMany: figure.cpuSeconds / before.cpuSeconds }) });
    before = figure;
  }
}

/** Everything but the work of the tasks. */
async function simulate(nTasks: number): Promise<object> {
  // In memory where there is such a place: the figure is the program's, not a disk's.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'verbatim-cluster-'));
  try {
    const startedAt = performance.now();
    let nMerged = 0;
    let queue: ReturnType<typeof simulatedNodes> | undefined;
    const execution = { provider: 'cpu', batch: 1, workers: 1 } as const;
    const executor = taskExecutor({
      study: join(folder, 's.sqlite'),
      execution,
      sizes: { tasksAJob: 1, coresAJob: 1, maxRunning: nTasks },
      queueFor: (tasks) => {
        queue = simulatedNodes(tasks);
        return queue;
      },
      whenStopped: () => 'leave',
      pollMs: [0, 0],
    });
    const done = new Set<number>();
    for await (const batch of executor.sample({
      // Only what the tasks are cut by is looked at.
      checkpoint: { dir: folder, digest: '' } as never,
      plan: { nSamples: nTasks, maxTokens: 1 } as never,
      execution,
      isDone: (id) => done.has(id),
      signal: new AbortController().signal,
      onEnvironment: () => {},
    })) {
      nMerged += batch.length;
      for (const { sampleId } of batch) done.add(sampleId);
    }
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
    const seconds = (performance.now() - startedAt) / 1000;
    return {
      nTasks,
      nMerged,
      ...queue?.counts,
      seconds,
      cpuSeconds,
      peakMegabytes: Math.round(maxRSS / 1000),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await simulate(Number(process.argv[2]))));
}
