// Gives every distinct line of the samples a number, in order of first appearance, so that a partial result
// can speak of lines without their text: the same samples always get the same numbers.

import type { Profile } from '../../protocol/study.ts';
import type { SampleInput } from '../../server/engine/detection.ts';
import { significantLines } from './plain-normalise.ts';

export interface NumberedSample {
  readonly sampleId: number;
  readonly cut: boolean;
  readonly classes: readonly number[];
  readonly rawLines: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export interface NumberedLines {
  /** Normalised bytes of each line number, one character a byte. */
  readonly keys: readonly string[];
  readonly numberOf: ReadonlyMap<string, number>;
  readonly samples: readonly NumberedSample[];
}

export function numberLines(samples: readonly SampleInput[], profile: Profile): NumberedLines {
  const keys: string[] = [];
  const numberOf = new Map<string, number>();
  const numbered = samples.map(({ sampleId, cut, text }) => {
    const lines = significantLines(text, profile);
    const classes = lines.map(({ key }) => {
      const known = numberOf.get(key);
      if (known !== undefined) return known;
      numberOf.set(key, keys.length);
      return keys.push(key) - 1;
    });
    return {
      sampleId,
      cut,
      classes,
      rawLines: lines.map((line) => line.rawLine),
      starts: lines.map((line) => line.start),
      ends: lines.map((line) => line.end),
    };
  });
  return { keys, numberOf, samples: numbered };
}
