// Which column holds the text, where a shard leaves that open: a question, with the columns to choose from. A guess would be a search
// of another text, which finds nothing and says so.

import type { DataProblem } from '../../protocol/errors.ts';

export interface ColumnQuestion {
  /** The end of a sentence that begins with the shard. */
  readonly message: string;
  /** Columns to choose from, the likely ones first. */
  readonly columns: readonly string[];
  /** Whether none of them is likely. */
  readonly isMissing: boolean;
}

const MOST_NAMES = 50;

export const shownNames = (names: readonly string[]): string => names.slice(0, MOST_NAMES).join(', ');

/** It may be one of several. `columns` are all that hold texts. */
export function askAmong(candidates: readonly string[], columns: readonly string[]): ColumnQuestion {
  const quoted = candidates.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const list = quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  const message = `does not say which column is the text: it may be ${list}. Its columns with text are ${shownNames(columns)} (choose one with --content-column)`;
  const likelyFirst = [...new Set([...candidates, ...columns])].slice(0, MOST_NAMES);
  return { message, columns: likelyFirst, isMissing: false };
}

/** The column is not there. */
export const askFor = (missing: string, columns: readonly string[]): ColumnQuestion => ({
  message: `has no text column "${missing}": its columns are ${shownNames(columns)} (choose one with --content-column)`,
  columns: columns.slice(0, MOST_NAMES),
  isMissing: true,
});

/** A shard that alone leaves it open among many is not searched, and that is told. */
export const questionProblem = (
  { name, path }: { readonly name: string; readonly path: string },
  { message, columns }: Pick<ColumnQuestion, 'message' | 'columns'>,
): DataProblem => ({ kind: 'no-column', shard: name, byteOffset: 0, message: `${path} ${message}`, columns });
