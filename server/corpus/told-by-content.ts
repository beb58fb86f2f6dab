// Files whose names do not say what they hold, in folders and in archives alike: a .json, a .jl, a .csv or a file without an
// ending may hold rows or be a document itself, and is looked into.

import type { ColumnNames } from '../../protocol/study.ts';
import { decodeText } from '../text/decode-text.ts';
import { jsonContent } from './json-content.ts';
import { isUnnamed } from './shard-format.ts';
import { chooseTableColumns } from './table-columns.ts';

export type ToldForm = 'json' | 'csv' | 'tsv';

/** What a file may hold beside a document, by its name; undefined where the name says all. */
export function mayHold(path: string): ToldForm | undefined {
  const table = /\.([ct]sv)$/i.exec(path)?.[1]?.toLowerCase();
  if (table === 'csv' || table === 'tsv') return table;
  return /\.(json|jl)$/i.test(path) || isUnnamed(path) ? 'json' : undefined;
}

/**
 * Whether a file that may hold it does, by its beginning. A table, or a list, without a text is a file of a program far more often than
 * training data; one that leaves open which of its columns is the text is none here.
 */
export const holds = (form: ToldForm, head: Uint8Array, columns: ColumnNames | undefined): boolean =>
  form === 'json' ? jsonContent(head, columns) === 'rows' : isTable(head, form, columns);

function isTable(head: Uint8Array, table: 'csv' | 'tsv', columns: ColumnNames | undefined): boolean {
  const [line = ''] = Buffer.from(decodeText(head)).toString().split(/\r?\n/, 1);
  const names = line
    .split(table === 'tsv' ? '\t' : /[,;]/)
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return (
    names.length > 1 && !('message' in chooseTableColumns(columns, { names, texts: names, facts: names }))
  );
}
