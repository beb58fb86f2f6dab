// The work of an index's tasks: each reads a few shards, and writes the segments that they make beside the other results.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../../cluster/run-tasks.ts';
import type { Shard } from '../../corpus/shard.ts';
import { BatchWriter, type SegmentQuestion, type Segments } from '../../corpus-index/batch-writer.ts';
import { areShardsDone } from './scan-work.ts';

/** What all tasks of an index need. */
export interface IndexInput {
  readonly question: SegmentQuestion;
  /** Folder for the segments. */
  readonly folder: string;
  readonly execution: { readonly workers: number | 'auto' };
}

export type IndexPiece = Segments;

export function indexWork({ question, folder, execution: { workers } }: IndexInput): Work {
  return {
    async *pieces(tasks, signal) {
      mkdirSync(folder, { recursive: true });
      const writer = new BatchWriter();
      for (const { rank, task } of tasks) {
        const batch = task as readonly Shard[];
        const spill = mkdtempSync(join(process.env.SLURM_TMPDIR ?? tmpdir(), 'verbatim-'));
        try {
          const meter = { advance() {} };
          const value: IndexPiece = await writer.write({
            question,
            batch,
            folder,
            spill,
            workers,
            signal,
            meter,
          });
          yield { rank, items: batch.map(({ index }) => index), value };
        } finally {
          rmSync(spill, { recursive: true, force: true });
        }
      }
    },
    isWhole: areShardsDone,
  };
}
