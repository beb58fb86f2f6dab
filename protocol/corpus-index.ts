// What the editor asks of the index of a corpus, beside looking texts up: what it is, a document of its corpus, and
// building one.

import type { Foreign } from '../guard/text/foreign.ts';
import { message } from './message.ts';
import type { MatchRule, Progress } from './study.ts';

/** An index in a folder, and the folder that its corpus was moved to where that is another one. */
export interface IndexPlace {
  readonly index: string;
  readonly root?: string;
}

export interface IndexSummary {
  readonly rule: MatchRule;
  /** The folder below which its shards lie now. */
  readonly root: Foreign;
  readonly nShards: number;
  readonly nDocuments: number;
  /** Bytes of text. */
  readonly contentBytes: number;
  /** Sentences: the first few shards that are not what was indexed. */
  readonly notes: readonly Foreign[];
}

/** What an index holds; fails where there is none. */
export const describeIndex = message<IndexPlace, IndexSummary>('verbatim/describeIndex');

/** A document of an index's corpus, as it is there now. Only what the index names is opened. */
export const getIndexedDocument = message<
  IndexPlace & {
    /** Path below the index's root. */
    readonly shard: string;
    readonly row: number;
  },
  { readonly text: string }
>('verbatim/getIndexedDocument');

/** Builds an index, or goes on with it and adds what is new. Cancelling the request stops it, resumably. */
export const buildIndex = message<
  { readonly index: string; readonly corpus: readonly string[]; readonly rule: MatchRule },
  {
    readonly nShards: number;
    /** Sentences: the first few shards and pieces that could not be read. */
    readonly problems: readonly Foreign[];
    readonly nProblems: number;
  }
>('verbatim/buildIndex');

/** Notification, server to client: progress of a build, at most about five times a second. */
export const indexProgress = message<{ readonly index: string; readonly progress: Progress }, void>(
  'verbatim/indexProgress',
);
