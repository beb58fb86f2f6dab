// How much of each sample is memorised: the union of its windows that occur in the corpus. Unlike the places
// of fragments this is never capped, so the counts of memorised samples and lines are exact.

import type { CoveredRange } from './detection.ts';
import type { FragmentRequest } from './find-fragments.ts';
import { decodeRuns } from './matched-runs.ts';
import { type NumberedSample, numberLines } from './number-lines.ts';

/** Ordered by sample and line. Ranges of one sample neither overlap nor touch. */
export function* findCoverage(request: FragmentRequest): Generator<CoveredRange> {
  const { minLines, profile } = request.rule;
  const windows = new Set<string>();
  for (const { result } of request.results) {
    for (const { classes } of decodeRuns(result.partial)) {
      for (let i = 0; i + minLines <= classes.length; i++) windows.add(classes.slice(i, i + minLines).join());
    }
  }
  for (const sample of numberLines(request.samples, profile).samples) {
    let open: { first: number; last: number } | undefined;
    for (let i = 0; i + minLines <= sample.classes.length; i++) {
      if (!windows.has(sample.classes.slice(i, i + minLines).join())) continue;
      const last = i + minLines - 1;
      if (open && i <= open.last + 1) open.last = last;
      else {
        if (open) yield coveredRange(sample, open);
        open = { first: i, last };
      }
    }
    if (open) yield coveredRange(sample, open);
  }
}

function coveredRange(
  { sampleId, rawLines, starts, ends }: NumberedSample,
  { first, last }: { readonly first: number; readonly last: number },
): CoveredRange {
  return {
    sampleId,
    nLines: last - first + 1,
    firstLine: rawLines[first]!,
    lastLine: rawLines[last]!,
    byteOffset: starts[first]!,
    nBytes: ends[last]! - starts[first]!,
  };
}
