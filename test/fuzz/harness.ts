// What a reader is to the fuzzer: inputs that are right, and a way to read one. A harness says what a reader answered;
// whatever it throws is a bug, and so is a reader that does not come back or takes more memory than it may.

import { VerbatimError } from '../../server/errors.ts';

/** `refused`: with an error or a problem that names the input. */
export type Outcome = 'read' | 'refused';

export interface Harness {
  /** Small inputs that are read. Those in `seeds/` are added, whatever becomes of them. */
  readonly seeds: () => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  /** `file` is a path of its own, where the input lies already. */
  readonly read: (input: Uint8Array, file: string) => Promise<Outcome> | Outcome;
  /** What the file is called, where that matters. */
  readonly fileName?: string;
  /** A thread that is still there keeps the thread that started it from ending. */
  readonly end?: () => void;
  /** Whether a seed that was cut short must be refused, at which length. */
  readonly isDamage?: (cut: Uint8Array) => boolean;
}

/** Runs what should end in a value or in an error for people. */
export async function outcomeOf(read: () => unknown): Promise<Outcome> {
  try {
    await read();
    return 'read';
  } catch (error) {
    if (error instanceof VerbatimError && error.code !== 'cancelled') return 'refused';
    throw error;
  }
}
