// What became of the files of a corpus: every file below a named place is in exactly one state.

import type { Foreign } from '../guard/text/foreign.ts';

/** Why a file was not searched although nothing is wrong with it. */
export type PassedOverReason =
  | 'picture' // an image, by its first bytes
  | 'binary' // other bytes that are no text
  | 'empty' // a file without any byte
  | 'ignored' // an ignore file says so, and git does not track it
  | 'rules' // an ignore file itself
  | 'tools' // in a folder that tools fill: node_modules, __pycache__, the index of a corpus
  | 'history' // in a folder of version control
  | 'description' // tells of a data set and is no part of it
  | 'duplicate' // a shard that holds what another one holds
  | 'link' // another name of a file that is counted under its own
  | 'irregular' // a pipe, a socket, a device
  | 'unasked'; // of a data set of the Hub, and not among the files that were asked for

export interface PassedOverCount {
  readonly reason: PassedOverReason;
  readonly nFiles: number;
}

/** The sums: `nFiles` is what all the others add up to. */
export interface CorpusAccount {
  readonly nFiles: number;
  readonly nSearched: number;
  readonly nPassedOver: number;
  /** Counted by reason, the most frequent first. */
  readonly passedOver: readonly PassedOverCount[];
  /** Files that should have been searched and could not be. */
  readonly nProblems: number;
  /** Files whose turn has not come. */
  readonly nPending: number;
}

/** The columns that were read, and in how many files; a part that no row has is null. */
export interface ColumnsRead {
  readonly content: Foreign;
  readonly repository: Foreign | null;
  readonly path: Foreign | null;
  readonly license: Foreign | null;
  readonly nShards: number;
}

/** A file that was not searched, as `report --files` lists it. */
export interface UnsearchedFile {
  readonly state: 'passed over' | 'problem';
  /** A `PassedOverReason`, or the kind of the problem. */
  readonly reason: Foreign;
  readonly path: Foreign;
}
