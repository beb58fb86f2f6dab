// Builds the segments of an index in tasks, for a scheduler's jobs to run. They lie beside the index until they are taken into it.

import { copyFileSync, linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Shard } from '../../corpus/shard.ts';
import type { SegmentWriter } from '../../corpus-index/build-index.ts';
import { startMeter } from '../../progress.ts';
import type { IndexInput, IndexPiece } from '../tasks/index-work.ts';
import { tasksFolder } from '../tasks/open-plan.ts';
import { indexTasksAJob } from '../tasks/task-sizes.ts';
import { run, type TaskExecutorSettings } from './run-plan.ts';
import { wantedShards } from './tasks.ts';

/** Text that a task reads at most, as the index cuts it. */
const TASK_TEXT_BYTES = 4 * 2 ** 30;

/** The study of the settings is the folder of the index. */
export function segmentTasks(settings: TaskExecutorSettings): SegmentWriter {
  return {
    goesOn: settings.waiting !== 'show',
    async *write({ question, batches, folder, workers, signal, report }) {
      const shards = batches.flat();
      const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
      const totalBytes = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
      const meter = startMeter(report, 'scan', 'bytes', totalBytes);
      const made = join(tasksFolder(settings.study), 'segments');
      const input: IndexInput = { question, folder: made, execution: { workers } };
      const { rule, gramLines, seed, root } = question;
      const pieces = run<IndexPiece>(settings, {
        kind: 'index',
        identity: [rule, gramLines, seed, root],
        plan: () => ({ tasks: batches, input, tasksAJob: indexTasksAJob(settings.sizes, TASK_TEXT_BYTES) }),
        wanted: (tasks) => wantedShards(tasks, byIndex),
        signal,
        say: (words) => meter.advance(0, words),
      });
      for await (const { value, items } of pieces) {
        const taken = items
          .map((index) => byIndex.get(index))
          .filter((shard): shard is Shard => shard !== undefined);
        if (taken.length === 0) continue;
        for (const { file } of value.segments) place(join(made, file), join(folder, file));
        yield value;
        for (const { file } of value.segments) rmSync(join(made, file), { force: true });
        for (const shard of taken) {
          byIndex.delete(shard.index);
          meter.advance(shard.nBytes, shard.name);
        }
      }
    },
  };
}

/** It stays where it was until the index names it: whoever is killed in between finds it there. */
function place(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // Not every file system has links.
  }
}
