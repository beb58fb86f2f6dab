// What all of the analysis works on: each shard's distinct runs, and the parts of the samples that stand in the corpus.
// Most of its time goes here, so it is done once, in steps.

import type { MatchRule } from '../../protocol/study.ts';
import { type CoveredSamples, joinCovered } from './covered-samples.ts';
import type { MatchedDocument, SampleInput, ShardResult } from './detection.ts';
import { type CoveredPart, findCoveredParts } from './find-covered.ts';
import type { SampleIndex } from './sample-index.ts';
import { readShardRuns, type ShardRuns } from './shard-runs.ts';
import type { Steps } from './steps.ts';

/** What the analysis asks of a scanned shard, now and then: it may be read from the disk each time. */
export interface ScannedShard {
  readonly shard: number;
  readonly result: Pick<ShardResult, 'partial'> & {
    /** In order of their rows. */
    readonly documents: Iterable<ScannedDocument>;
  };
}

export type ScannedDocument = Pick<MatchedDocument, 'row' | 'repository'>;

export interface FragmentRequest {
  readonly samples: readonly SampleInput[];
  readonly rule: MatchRule;
  readonly results: readonly ScannedShard[];
  /** The samples' lines under the rule. */
  readonly index: SampleIndex;
}

export interface PreparedRequest {
  readonly samples: readonly SampleInput[];
  readonly minLines: number;
  readonly index: SampleIndex;
  /** In corpus order. */
  readonly shards: readonly (ScannedShard & { readonly runs: ShardRuns })[];
  readonly parts: readonly CoveredPart[];
  readonly covered: CoveredSamples;
}

export function* prepareInSteps(request: FragmentRequest): Steps<PreparedRequest> {
  const { samples, rule, results, index } = request;
  const shards: PreparedRequest['shards'][number][] = [];
  for (const { shard, result } of results.toSorted((a, b) => a.shard - b.shard)) {
    shards.push({ shard, result, runs: readShardRuns(result.partial) });
    yield;
  }
  const runs = shards.map((shard) => shard.runs);
  const parts = yield* findCoveredParts(index, rule.minLines, runs);
  const covered = joinCovered(index, parts, samples, rule.profile);
  return { samples, minLines: rule.minLines, index, shards, parts, covered };
}
