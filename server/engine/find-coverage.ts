// How much of each sample is memorised: the union of its windows that occur in the corpus. Unlike the places
// of fragments this is never capped, so the counts of memorised samples and lines are exact.

import type { CoveredRange } from './detection.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** Ordered by sample and line. Ranges of one sample neither overlap nor touch. */
export function* coverageOf({ samples, covered, parts }: PreparedRequest): Generator<CoveredRange> {
  let at = 0;
  for (const { first, end, nWindows } of parts) {
    const nLines = end - first;
    const last = at + nLines - 1;
    const byteOffset = covered.starts[at]!;
    yield {
      sampleId: samples[covered.samples[at]!]!.sampleId,
      nLines,
      nWindows,
      firstLine: covered.rawLines[at]!,
      lastLine: covered.rawLines[last]!,
      byteOffset,
      nBytes: covered.ends[last]! - byteOffset,
    };
    at += nLines + 1;
  }
}
