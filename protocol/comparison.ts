// A comparison: a sample beside a training document that repeats it, with all that a view needs to show both. One
// request answers one click, and opens each training document once. The server chooses the pair where none is named.

import type { Foreign } from '../guard/text/foreign.ts';
import type { Provenance, TextRange } from './fragments.ts';
import { message } from './message.ts';
import type { ClosedFolders } from './requests.ts';
import type { StudyId } from './study.ts';

/** A place in a sample. Without a line it is the first one in that sample that serves. */
export interface SamplePlace {
  readonly sampleId: number;
  readonly firstLine?: number;
}

/** A place in a training document, named in the same way. */
export interface TrainPlace {
  readonly documentId: number;
  readonly firstLine?: number;
}

/** A text that the user has open, in a sample's place. */
export interface OpenText extends TextRange {
  readonly text: string;
  /** The longest fragment that is known to hold these lines of it. */
  readonly longest?: string;
}

export interface ComparisonRequest {
  readonly study: StudyId;
  readonly fingerprint: string;
  readonly sample?: SamplePlace;
  readonly train?: TrainPlace;
  readonly text?: OpenText;
  /** From the pair that is named to the fragment's next place, in the training data or else in the samples. */
  readonly step?: 1 | -1;
  readonly closed?: ClosedFolders;
}

/**
 * The pair that is named; where one side is left open, that with the longest agreement around the fragment that the
 * study knows.
 */
export const getComparison = message<ComparisonRequest, Comparison>('verbatim/getComparison');

/** The fragment's first places in the training data, each beside the same sample. */
export const getComparisons = message<
  Omit<ComparisonRequest, 'train' | 'step'> & { readonly limit: number },
  ComparedPlaces
>('verbatim/getComparisons');

export interface Comparison {
  readonly fragment: ComparedFragment;
  /** Significant lines in a row that agree, those of the fragment among them. */
  readonly nEqualLines: number;
  readonly sample: ComparedSample;
  readonly document: ComparedDocument;
}

export interface ComparedPlaces {
  readonly fragment: ComparedFragment;
  readonly sample: ComparedSample;
  readonly documents: readonly ComparedDocument[];
  /** All occurrences in the training data. */
  readonly total: number;
}

export interface ComparedFragment {
  readonly fingerprint: string;
  readonly nLines: number;
  readonly train: number;
  readonly extract: number;
  /** The line that labels it. */
  readonly firstLine: Foreign;
}

/** What is equal in one of two texts, in raw lines. */
export interface EqualLines {
  readonly fragment: TextRange;
  /** Other lines of the text that the other one has, too, by the study's rule. */
  readonly others: readonly TextRange[];
}

export interface ComparedSample {
  /** Null for an open text. */
  readonly sampleId: number | null;
  /** Null for an open text, which whoever asks has. */
  readonly text: string | null;
  readonly lines: EqualLines;
}

export interface ComparedDocument {
  readonly documentId: number;
  readonly provenance: Provenance;
  /** Null where the answer is full: it is to be asked for when it is shown. */
  readonly text: string | null;
  /** Why the document could not be opened again; `text` is then the part that the study kept. */
  readonly problem: Foreign | null;
  readonly lines: EqualLines;
}
