// The covered parts of the samples as one sequence of their own, with where their lines stand: few lines are covered, so
// only those are looked up in the samples' texts.

import type { Profile } from '../../protocol/study.ts';
import type { SampleInput } from './detection.ts';
import type { CoveredPart } from './find-covered.ts';
import { isSignificant } from './normalise-line.ts';
import { EDGE, type SampleIndex } from './sample-index.ts';

export interface CoveredSamples {
  /** The parts' lines, an EDGE after each part. */
  readonly sequence: Uint32Array;
  /** Per place in it: the position in the index's sequence. */
  readonly positions: Uint32Array;
  /** Per place in it: number of the sample, counted from 0. */
  readonly samples: Uint32Array;
  /** Per place in it, but for edges: 1-based raw line, and that line's bytes in the sample's text. */
  readonly rawLines: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export function joinCovered(
  index: SampleIndex,
  parts: readonly CoveredPart[],
  inputs: readonly SampleInput[],
  profile: Profile,
): CoveredSamples {
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
  const covered = {
    sequence,
    positions,
    samples,
    rawLines: new Uint32Array(length),
    starts: new Uint32Array(length),
    ends: new Uint32Array(length),
  };
  locateLines(covered, index, inputs, profile);
  return covered;
}

const LF = 0x0a;
const CR = 0x0d;

/** Walks through each sample that has a covered line, once. */
function locateLines(
  { sequence, positions, samples, rawLines, starts, ends }: CoveredSamples,
  index: SampleIndex,
  inputs: readonly SampleInput[],
  profile: Profile,
): void {
  let sample = -1;
  let text: Uint8Array = new Uint8Array(0);
  let position = 0;
  let rawLine = 0;
  let next = 0;
  for (let at = 0; at < sequence.length; at++) {
    if (sequence[at] === EDGE) continue;
    if (samples[at] !== sample) {
      sample = samples[at]!;
      text = inputs[sample]!.text;
      position = index.sampleStarts[sample]! - 1;
      rawLine = next = 0;
    }
    while (position < positions[at]!) {
      const start = next;
      let end = start;
      while (end < text.length && text[end] !== LF && text[end] !== CR) end++;
      next = end + (text[end] === CR && text[end + 1] === LF ? 2 : 1);
      rawLine++;
      if (!isSignificant(profile, text, start, end)) continue;
      position++;
      rawLines[at] = rawLine;
      starts[at] = start;
      ends[at] = end;
    }
  }
}
