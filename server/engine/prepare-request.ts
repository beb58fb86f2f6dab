// What all of the analysis works on: the samples' lines as numbers, each shard's distinct runs, and the parts of
// the samples that stand in the corpus. Most of its time goes here, so it is done once, in steps.

import type { MatchRule } from '../../protocol/study.ts';
import type { SampleInput, ShardResult } from './detection.ts';
import { type CoveredPart, findCoveredParts } from './find-covered.ts';
import { indexInSteps, type SampleIndex } from './sample-index.ts';
import { readShardRuns, type ShardRuns } from './shard-runs.ts';
import type { Steps } from './steps.ts';

/** What the analysis asks of a scanned shard, now and then: it may be read from the disk each time. */
export interface ScannedShard {
  readonly shard: number;
  readonly result: Pick<ShardResult, 'partial' | 'documents'>;
}

export interface FragmentRequest {
  readonly samples: readonly SampleInput[];
  readonly rule: MatchRule;
  readonly results: readonly ScannedShard[];
}

export interface PreparedRequest {
  readonly samples: readonly SampleInput[];
  readonly minLines: number;
  readonly index: SampleIndex;
  /** In corpus order. */
  readonly shards: readonly (ScannedShard & { readonly runs: ShardRuns })[];
  readonly parts: readonly CoveredPart[];
}

export function* prepareInSteps({ samples, rule, results }: FragmentRequest): Steps<PreparedRequest> {
  const index = yield* indexInSteps(samples, rule);
  const shards: PreparedRequest['shards'][number][] = [];
  for (const { shard, result } of results.toSorted((a, b) => a.shard - b.shard)) {
    shards.push({ shard, result, runs: readShardRuns(result.partial) });
    yield;
  }
  const runs = shards.map((shard) => shard.runs);
  const parts = yield* findCoveredParts(index, rule.minLines, runs);
  return { samples, minLines: rule.minLines, index, shards, parts };
}
