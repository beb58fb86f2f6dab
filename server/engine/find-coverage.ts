// How much of each sample is memorised: the union of its windows that occur in the corpus. Unlike the places
// of fragments this is never capped, so the counts of memorised samples and lines are exact.

import type { CoveredRange } from './detection.ts';
import { findCoveredParts } from './find-covered.ts';
import type { FragmentRequest } from './find-fragments.ts';
import { indexSamples } from './sample-index.ts';
import { readShardRuns } from './shard-runs.ts';

/** Ordered by sample and line. Ranges of one sample neither overlap nor touch. */
export function* findCoverage({ samples, rule, results }: FragmentRequest): Generator<CoveredRange> {
  const index = indexSamples(samples, rule);
  const shards = results.map(({ result }) => readShardRuns(result.partial));
  let sample = 0;
  for (const { first, end } of findCoveredParts(index, rule.minLines, shards)) {
    while (index.sampleStarts[sample + 1]! <= first) sample++;
    const byteOffset = index.starts[first]!;
    yield {
      sampleId: samples[sample]!.sampleId,
      nLines: end - first,
      firstLine: index.rawLines[first]!,
      lastLine: index.rawLines[end - 1]!,
      byteOffset,
      nBytes: index.ends[end - 1]! - byteOffset,
    };
  }
}
