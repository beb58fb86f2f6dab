// One row of JSON lines and its columns. Plain on purpose: the scan kernel is checked against it.

import { parseObject } from '../text/parse-json.ts';
import { type Columns, standardColumns } from './columns.ts';

/** The columns that matter. Absent strings are empty. */
export interface Row {
  readonly content: Uint8Array;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

export type RowProblem = 'not-json' | 'no-content';

/** Reads the JSON object in `bytes`. Of keys that occur twice the first one counts. */
export function parseRow(bytes: Uint8Array, columns: Columns = standardColumns): Row | RowProblem {
  const values = parseObject(bytes);
  if (values === 'not-json') return values;
  const content = values.get(columns.content);
  if (content?.kind !== 'string') return 'no-content';
  const text = (name: string) => {
    const value = values.get(name);
    if (!value) return '';
    const parts = value.kind === 'string' ? [value.bytes] : value.items;
    return parts
      .filter((part) => part.length > 0)
      .map((part) => new TextDecoder().decode(part))
      .join(' OR ');
  };
  return {
    content: content.bytes,
    repository: text(columns.repository),
    path: text(columns.path),
    license: text(columns.license),
  };
}
