// How much of each sample is memorised: the union of its windows that occur in the corpus. Unlike the places
// of fragments this is never capped, so the counts of memorised samples and lines are exact.

import type { CoveredRange } from './detection.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** Ordered by sample and line. Ranges of one sample neither overlap nor touch. */
export function* coverageOf({ samples, index, parts }: PreparedRequest): Generator<CoveredRange> {
  let sample = 0;
  for (const { first, end, nWindows } of parts) {
    while (index.sampleStarts[sample + 1]! <= first) sample++;
    const byteOffset = index.starts[first]!;
    yield {
      sampleId: samples[sample]!.sampleId,
      nLines: end - first,
      nWindows,
      firstLine: index.rawLines[first]!,
      lastLine: index.rawLines[end - 1]!,
      byteOffset,
      nBytes: index.ends[end - 1]! - byteOffset,
    };
  }
}
