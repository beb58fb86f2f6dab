// What the index of a corpus answers of a text: which of its lines stand in training data, and where.

import type { Foreign } from '../guard/text/foreign.ts';
import type { IndexPlace } from './corpus-index.ts';
import { message } from './message.ts';
import type { MatchRule } from './study.ts';

/** A place in training data. */
export interface CheckedSource {
  readonly shard: Foreign;
  /** Path of the shard below the root of the index, with `/` between the parts: no other shard has it. */
  readonly shardPath: Foreign;
  readonly row: number;
  readonly repository: Foreign;
  readonly path: Foreign;
  readonly license: Foreign;
  /** Raw lines of the document, 1-based, both inclusive; null where the training data was not opened. */
  readonly firstLine: number | null;
  readonly lastLine: number | null;
}

/** Lines of the text that stand in training data and are not part of a longer match. */
export interface CheckedMatch {
  /** Raw lines of the text, 1-based, both inclusive. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Significant lines; null where the training data was not opened. */
  readonly nLines: number | null;
  /** MD5 of the normalised lines; null where the training data was not opened. */
  readonly fingerprint: string | null;
  /** How often these lines stand in the corpus, also inside longer matches; null where it was not opened. */
  readonly occurrences: number | null;
  readonly nDocuments: number;
  readonly nRepositories: number;
  /** Those of the documents that are listed or were looked at, the most frequent first. */
  readonly licenses: readonly { readonly license: Foreign; readonly nDocuments: number }[];
  /** The first few. */
  readonly sources: readonly CheckedSource[];
  /** Whether the training data was opened and compared. If not, an index can be wrong about it. */
  readonly isVerified: boolean;
}

export interface CheckedText {
  readonly rule: MatchRule;
  /** Whether all that the index proposed was compared with the training data, as it was when it was indexed. */
  readonly isVerified: boolean;
  /** Why not, or what the answer leaves out: sentences. */
  readonly notes: readonly Foreign[];
  /** Ordered by first line. */
  readonly matches: readonly CheckedMatch[];
  /** Raw lines of the text that lie in a match. */
  readonly nMatchedLines: number;
  /** Windows of `minLines` significant lines in the text: in a text without any, nothing can be found. */
  readonly nWindows: number;
  readonly nDocumentsOpened: number;
  /** Matches that are left out, since the baseline accepts them. */
  readonly nAccepted: number;
}

/** Looks a text up in the index in a folder. Cancelling the request stops it. */
export const checkWithIndex = message<
  IndexPlace & {
    readonly text: string;
    /** A baseline file; one that does not exist accepts nothing. */
    readonly baseline?: string;
  },
  CheckedText
>('verbatim/checkWithIndex');
