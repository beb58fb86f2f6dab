// The columns of a table whose names are known before its rows: one choice for every such format.

import type { ColumnNames } from '../../protocol/study.ts';
import { type Columns, chooseColumns, chooseNamedContent, describeDoubt } from './columns.ts';

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

const MOST_NAMES_SHOWN = 50;

/** Or why the text's column cannot be told, as the end of a sentence. */
export function chooseTableColumns(
  chosen: ColumnNames | undefined,
  { names, texts, facts }: TableNames,
): TableColumns | string {
  const choice = chosen?.content === undefined ? chooseNamedContent(texts) : undefined;
  if (choice && 'candidates' in choice) return describeDoubt(choice.candidates, names);
  const content = choice && { content: choice.name };
  const isFact = new Set(facts);
  const columns = chooseColumns({ ...content, ...chosen }, (name) => isFact.has(name));
  const isThere = new Set(names);
  if (!isThere.has(columns.content)) {
    const shown = names.slice(0, MOST_NAMES_SHOWN).join(', ');
    return `has no text column "${columns.content}": its columns are ${shown} (choose one with --content-column)`;
  }
  const present = Object.entries(columns).filter(([, name]) => isThere.has(name));
  return { columns, present: Object.fromEntries(present) };
}
