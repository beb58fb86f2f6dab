// What is memorised of a text that a user is looking at, whoever wrote it: asked when the user asks.

import type { SampleMark } from './fragments.ts';
import { message } from './message.ts';
import type { StudyId } from './study.ts';

/** A piece of the text that a fragment of a study holds. */
export interface FoundMark extends SampleMark {
  readonly study: StudyId;
  /** `part`: the text holds some lines of the fragment only, so the training data has them at least as often. */
  readonly extent: 'whole' | 'part';
}

export interface MemorisedText {
  /** The first few thousand, in order of their lines, the longest first on the same line. */
  readonly marks: readonly FoundMark[];
  /** Fragments that were looked through, of all studies. */
  readonly nFragments: number;
  /** Studies that say nothing about the text, or not all: their fragments are not known, or time ran out. */
  readonly unsearched: readonly { readonly study: StudyId; readonly reason: 'not-analysed' | 'too-slow' }[];
}

/** Finds the fragments of studies in a text, by each study's own rule. Cancelling the request stops it. */
export const findMemorised = message<
  { readonly studies: readonly StudyId[]; readonly text: string },
  MemorisedText
>('verbatim/findMemorised');
