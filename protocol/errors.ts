// How a failure travels: every error that crosses a process boundary carries one of these codes, and
// nothing ever matches on message text. What a user sees of each is decided in src/error-funnel.ts.

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
  readonly kind: DataProblemKind;
  readonly shard: string;
  readonly byteOffset: number;
  readonly message: string;
  /** With `no-column`: the columns to choose from. */
  readonly columns?: readonly string[];
}

export type DataProblemKind =
  | 'truncated' // ends too early
  | 'corrupt' // compressed data or a container that contradicts itself
  | 'not-json' // a row that is no JSON object
  | 'no-content' // a row without the column that holds the text
  | 'no-column' // a whole file that has no such column, or does not tell which of several it is
  | 'unreadable' // the system refuses to read it, or it is no text
  | 'empty' // nothing in it
  | 'wrong-format' // its name says one format, its first bytes another
  | 'expands' // grows as no text does when decompressed
  | 'outside' // a link that leads out of the corpus folder, or nowhere
  | 'trailing' // bytes behind the end of compressed data, which are none of it: all before them was read
  | 'changed'; // the file changed while it was read
