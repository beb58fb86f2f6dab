// How a failure travels: every error that crosses a process boundary carries one of these codes, and
// nothing ever matches on message text. What a user sees for each is design section 8.

export type ErrorCode =
  | 'cancelled' // the user asked for it: nothing is shown
  | 'user' // a setting or a file is wrong: the message names it and the way out
  | 'environment' // the machine lacks something: disk, memory, a provider
  | 'bug'; // ours

/** The `data` of every `ResponseError`. */
export interface ErrorData {
  readonly code: ErrorCode;
  /** One thing that the user can do about it, as a sentence. */
  readonly action?: string;
}

/**
 * Something in the data that could not be read. Problems are counted and shown; the rest goes on.
 * `byteOffset` counts decompressed bytes from the start of the shard's stream.
 */
export interface DataProblem {
  readonly kind: 'truncated' | 'corrupt' | 'not-json' | 'no-content' | 'unreadable' | 'empty';
  readonly shard: string;
  readonly byteOffset: number;
  readonly message: string;
}
