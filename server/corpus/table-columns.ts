// The columns of a table whose names are known before its rows: one choice for every such format.

import type { ColumnNames } from '../../protocol/study.ts';
import { askAmong, askFor, type ColumnQuestion } from './column-question.ts';
import { type Columns, chooseColumns, chooseNamedContent } from './columns.ts';

export interface TableNames {
  /** All columns. */
  readonly names: readonly string[];
  /** Those that hold one text a row. */
  readonly texts: readonly string[];
  /** Those that may say where a row comes from: `texts`, and lists of texts. */
  readonly facts: readonly string[];
}

export interface TableColumns {
  readonly columns: Columns;
  /** Those of `columns` that are there. */
  readonly present: ColumnNames;
}

/** Or the question which of them is the text. */
export function chooseTableColumns(
  chosen: ColumnNames | undefined,
  { names, texts, facts }: TableNames,
): TableColumns | ColumnQuestion {
  const choice = chosen?.content === undefined ? chooseNamedContent(texts) : undefined;
  if (choice && 'candidates' in choice) return askAmong(choice.candidates, names);
  const content = choice && { content: choice.name };
  const isFact = new Set(facts);
  const columns = chooseColumns({ ...content, ...chosen }, (name) => isFact.has(name));
  const isThere = new Set(names);
  if (!isThere.has(columns.content)) return askFor(columns.content, names);
  const present = Object.entries(columns).filter(([, name]) => isThere.has(name));
  return { columns, present: Object.fromEntries(present) };
}
