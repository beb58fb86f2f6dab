// The covered parts of the samples as one sequence of their own, and what the samples' side of a fragment is:
// counts, clipped edges, families, places.

import type { CoveredPart } from './find-covered.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';

export interface CoveredSamples {
  /** The parts' lines, an EDGE after each part. */
  readonly sequence: Uint32Array;
  /** Per place in it: the position in the index's sequence. */
  readonly positions: Uint32Array;
  /** Per place in it: number of the sample, counted from 0. */
  readonly samples: Uint32Array;
}

export function joinCovered(index: SampleIndex, parts: readonly CoveredPart[]): CoveredSamples {
  const length = parts.reduce((sum, { first, end }) => sum + end - first + 1, 0);
  const sequence = new Uint32Array(length);
  const positions = new Uint32Array(length);
  const samples = new Uint32Array(length);
  let at = 0;
  let sample = 0;
  for (const { first, end } of parts) {
    while (index.sampleStarts[sample + 1]! <= first) sample++;
    for (let position = first; position <= end; position++) {
      sequence[at] = position < end ? index.sequence[position]! : EDGE;
      positions[at] = position;
      samples[at++] = sample;
    }
  }
  return { sequence, positions, samples };
}
