// The work of scanning tasks: each looks for all samples in a few shards.

import type { Execution, MatchRule } from '../../../protocol/study.ts';
import type { OpenTask, Piece, Work } from '../../cluster/run-tasks.ts';
import type { Shard } from '../../corpus/shard.ts';
import type { SampleInput as Sample, ShardResult } from '../../engine/detection.ts';
import { EnvironmentError } from '../../errors.ts';
import { scanCorpus } from '../../kernel/scan-corpus.ts';
import type { ShardFailure, ShardOutcome } from '../../kernel/scan-pool.ts';
import { fetchShards } from '../fetch-shards.ts';
import { StagedShards } from './staged-shards.ts';

/** What all scanning tasks of a study need. */
export interface ScanInput {
  readonly samples: PackedSamples;
  readonly rule: MatchRule;
  readonly execution: Execution;
}

interface PackedSamples {
  readonly ids: Float64Array;
  readonly nBytes: Float64Array;
  readonly cut: Uint8Array;
  /** The texts, one behind the other. */
  readonly texts: Uint8Array;
}

/** What became of one shard. */
export type ScanPiece =
  | { readonly kind: 'scanned'; readonly result: ShardResult }
  | { readonly kind: 'failed'; readonly byteOffset: number; readonly message: string };

export function packSampleTexts(samples: readonly Sample[]): PackedSamples {
  return {
    ids: Float64Array.from(samples, ({ sampleId }) => sampleId),
    nBytes: Float64Array.from(samples, ({ text }) => text.length),
    cut: Uint8Array.from(samples, ({ cut }) => (cut ? 1 : 0)),
    texts: Buffer.concat(samples.map(({ text }) => text)),
  };
}

function unpackSampleTexts({ ids, nBytes, cut, texts }: PackedSamples): readonly Sample[] {
  let at = 0;
  return Array.from(ids, (sampleId, i) => {
    at += nBytes[i]!;
    return { sampleId, text: texts.subarray(at - nBytes[i]!, at), cut: cut[i] === 1 };
  });
}

export function scanWork({ samples, rule, execution }: ScanInput): Work {
  return {
    async *pieces(tasks, signal) {
      const rankOf = ranksOfShards(tasks);
      const shards = [...rankOf.keys()];
      const hasFailed = tasks.some((task) => task.hasFailed);
      const totalBytes = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
      const fetcher = await fetchShards(shards, execution, signal);
      using staged = new StagedShards();
      const outcomes = scanCorpus({
        samples: unpackSampleTexts(samples),
        rule,
        shards,
        workers: execution.workers,
        signal,
        report: () => {},
        totalBytes,
        resumedBytes: 0,
        ready: async (shard) => staged.stage(await fetcher.arrived(shard), signal),
      });
      for await (const outcome of outcomes) {
        const { shard } = outcome;
        if (outcome.kind === 'failed' && !hasFailed) refuseHere(outcome.failure);
        const value = staged.named(shard, pieceOf(outcome));
        staged.release(shard);
        fetcher.release(shard);
        yield { rank: rankOf.get(shard)!, items: [shard.index], value } satisfies Piece;
      }
    },
    isWhole: areShardsDone,
  };
}

/** The shards of tasks that are not done, with the rank of each. */
export function ranksOfShards(tasks: readonly OpenTask[]): ReadonlyMap<Shard, number> {
  const ranks = new Map<Shard, number>();
  for (const { rank, task, done } of tasks)
    for (const shard of task as readonly Shard[]) if (!done.has(shard.index)) ranks.set(shard, rank);
  return ranks;
}

export const areShardsDone = (task: unknown, done: ReadonlySet<number>): boolean =>
  (task as readonly Shard[]).every(({ index }) => done.has(index));

/** What one node could not read, another may: only what fails again is taken for the shard's own fault. */
function refuseHere({ error }: ShardFailure): void {
  if (error instanceof EnvironmentError) throw error;
}

function pieceOf(outcome: ShardOutcome): ScanPiece {
  if (outcome.kind === 'scanned') return { kind: 'scanned', result: outcome.result };
  const { byteOffset, error } = outcome.failure;
  return { kind: 'failed', byteOffset, message: error.message };
}
