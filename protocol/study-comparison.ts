// Studies beside each other: their shares, and whether they differ.

import type { Foreign } from '../guard/text/foreign.ts';
import type { Measured } from './measured.ts';
import { message } from './message.ts';
import type { StudyId } from './study.ts';

/** Studies beside each other: their shares, what they have in common, and whether they differ by more than chance. */
export const compareStudies = message<{ readonly studies: readonly StudyId[] }, StudiesCompared>(
  'verbatim/compareStudies',
);

export interface StudiesCompared {
  readonly studies: readonly ComparedStudy[];
  /** Fragments that stand in exactly these studies, by their numbers in `studies`. */
  readonly shared: readonly { readonly studies: readonly number[]; readonly nFragments: number }[];
  readonly pairs: readonly ComparedPair[];
  /** Why the numbers may not be comparable, in sentences. */
  readonly warnings: readonly Foreign[];
}

export interface ComparedStudy {
  readonly study: StudyId;
  readonly name: Foreign;
  readonly model: Foreign;
  readonly nSamples: number;
  readonly samples: Measured;
  readonly lines: Measured;
  readonly tokens: Measured | null;
  readonly fragments: Measured;
}

/** Differences of the first and the second study's shares, in parts of one. */
export interface ComparedPair {
  readonly first: number;
  readonly second: number;
  readonly samples: Measured;
  /** Fisher's exact test on the samples, adjusted by Holm's method over all pairs. */
  readonly pValue: number;
  readonly lines: Measured;
  readonly tokens: Measured | null;
}
