// What detection gives back, whoever computes it. Semantics: docs/method.md, section 1, which is normative.
// All lines are raw and 1-based, both ends inclusive; all byte ranges count from the text's own start.

import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';

/** A document that holds at least one match, with what is needed to name it and open it again. */
export interface MatchedDocument {
  /** 0-based row in its shard (the file's number in a folder's order). */
  readonly row: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  /** Start of its row in the shard's decompressed stream, in bytes. */
  readonly byteOffset: number;
}

/** All that a scan of one shard leaves behind: the checkpoint, and what `findFragments` needs. */
export interface ShardResult {
  readonly nRows: number;
  /** Bytes of document text, after decompression and unescaping. */
  readonly contentBytes: number;
  /** Documents with matches, in order of their rows. */
  readonly documents: readonly MatchedDocument[];
  /** The detector's own partial result. Its size depends on the samples, not on the shard. */
  readonly partial: Uint8Array;
  readonly problems: readonly DataProblem[];
  /** All problems, where `problems` holds only the first ones. */
  readonly nProblems?: number;
  /** The columns that were read, of a shard of rows; those that no row has are left out. */
  readonly columns?: ColumnNames;
  /** What became of the files of a folder. */
  readonly files?: ShardFiles;
  /** Places at which reading can begin in the middle of a compressed shard, in order. */
  readonly restartPoints?: readonly RestartPoint[];
}

/** Files of a shard that holds several, counted by what became of them, and the names of some that were not searched. */
export interface ShardFiles {
  readonly counts: readonly {
    readonly state: 'searched' | 'passed-over' | 'problem';
    readonly reason: string;
    readonly nFiles: number;
  }[];
  readonly unsearched: readonly {
    readonly state: 'passed-over' | 'problem';
    readonly reason: string;
    readonly path: string;
  }[];
}

/** A place in a gzip stream, with what decompression needs to begin there. */
export interface RestartPoint {
  /** Compressed bytes before it. */
  readonly diskOffset: number;
  /** A block begins there, so many bits before; left out where the decoder stood somewhere in a block. */
  readonly nBits?: number;
  /** Decompressed bytes before it. */
  readonly byteOffset: number;
  /** The 32 KiB of output before it, deflated. */
  readonly window: Uint8Array;
}

/** One place of a fragment. */
export interface Place {
  readonly firstLine: number;
  readonly lastLine: number;
  readonly byteOffset: number;
  readonly nBytes: number;
}

export interface SamplePlace extends Place {
  readonly sampleId: number;
}

export interface TrainPlace extends Place {
  readonly shard: number;
  readonly row: number;
}

/** A fragment without its places, of which there may be very many. */
export interface FragmentFigures {
  readonly fingerprint: string;
  /** Significant lines. */
  readonly nLines: number;
  /** Normalised lines joined by LF, no final LF. */
  readonly text: Uint8Array;
  readonly train: number;
  readonly nDocuments: number;
  readonly nRepositories: number;
  readonly extract: number;
  readonly nSamples: number;
  readonly clipped: boolean;
  readonly family: number;
}

export interface Fragment extends FragmentFigures {
  /** In corpus order, at most the cap. */
  readonly trainPlaces: readonly TrainPlace[];
  /** In sample order, at most the cap. */
  readonly samplePlaces: readonly SamplePlace[];
}

/** A part of a sample that stands in the corpus, as long as it can be; its fragments lie inside it. */
export interface CoveredRange extends SamplePlace {
  /** Significant lines. */
  readonly nLines: number;
  /** Windows of the rule's length in it that stand in the corpus; null where whoever found it did not count them. */
  readonly nWindows: number | null;
}

/** A sample as detection sees it. */
export interface SampleInput {
  readonly sampleId: number;
  readonly text: Uint8Array;
  /** It ended because the token limit was reached, so its last line may be cut. */
  readonly cut: boolean;
}

/** Places kept per fragment and side; counts stay exact beyond it. */
export const PLACE_CAP = 1000;
