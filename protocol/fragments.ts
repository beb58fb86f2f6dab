// What a study found, in pages. Line numbers are 1-based, inclusive and raw: they count every line of the
// text, also the blank ones that the rule skips. Byte offsets count from the start of that text.

import type { Foreign, ForeignList } from '../guard/text/foreign.ts';

/** A view asks for a page and holds no results of its own. */
export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly offset: number;
  readonly total: number;
  /** Counting ended at `total`: there are more. */
  readonly isAtLeast?: true;
}

/** `logic`: program logic first, what is written everywhere (boilerplate, licences) last, the longest first in each. */
export type FragmentOrder = 'logic' | 'train' | 'extract' | 'length';

export interface FragmentRow {
  /** MD5 of the normalised text, 32 lower-case hex digits: the fragment's identity. */
  readonly fingerprint: string;
  /** Significant lines. */
  readonly nLines: number;
  /** Occurrences in the corpus, over all documents. */
  readonly train: number;
  readonly nDocuments: number;
  readonly nRepositories: number;
  /** Occurrences in the samples. */
  readonly extract: number;
  readonly nSamples: number;
  /** Some occurrence touches a sample's cut edge, so the true match may be longer. */
  readonly clipped: boolean;
  /** Nested and overlapping fragments share a family; null is never used. */
  readonly family: number;
  /** The line that tells most of it: what it defines, or its first line of code; for a label. */
  readonly firstLine: Foreign;
}

/** What is known of where a document came from. Unknown parts are empty strings. */
export interface Provenance {
  readonly shard: Foreign;
  readonly row: number;
  readonly repository: Foreign;
  readonly path: Foreign;
  readonly license: Foreign;
}

export interface TextRange {
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface TrainOccurrence extends TextRange {
  readonly documentId: number;
  readonly provenance: Provenance;
}

export interface SampleOccurrence extends TextRange {
  readonly sampleId: number;
}

/** A memorised piece of one sample: what a decoration shows. */
export interface SampleMark extends TextRange {
  readonly fingerprint: string;
  readonly train: number;
  readonly nRepositories: number;
  /** The first known place in the corpus, for the hover. */
  readonly source: Provenance | null;
  /** Licences of the documents that hold it, among the places that are kept; empty for unknown. */
  readonly licenses: ForeignList;
}

export interface SampleText {
  readonly sampleId: number;
  /** It only repeats itself; null where that is not known. */
  readonly isLoop: boolean | null;
  readonly text: string;
  readonly marks: readonly SampleMark[];
}

export interface DocumentText {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly text: string;
  /** Why the document could not be opened again; `text` is then the stored excerpt. */
  readonly problem: Foreign | null;
}
