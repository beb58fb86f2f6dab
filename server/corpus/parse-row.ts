// One row of JSON lines and its columns. Plain on purpose: the scan kernel is checked against it.

import { parseObject, type Value } from '../text/parse-json.ts';
import { type Columns, joinedColumns, standardColumns } from './columns.ts';
import { writeReference } from './reference.ts';

/** The columns that matter. Absent strings are empty. */
export interface Row {
  readonly content: Uint8Array;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

export type RowProblem = 'not-json' | 'no-content';

/** Reads the JSON object in `bytes`. Of keys that occur twice the first one counts. */
/** With `encodingColumn` the content is the name of a blob, and becomes a reference to it. */
export function parseRow(
  bytes: Uint8Array,
  columns: Columns = standardColumns,
  encodingColumn?: string,
): Row | RowProblem {
  const values = parseObject(bytes);
  if (values === 'not-json') return values;
  const content = contentOf(values, columns.content);
  if (content === undefined) return 'no-content';
  const bytesOf = (name: string) => {
    const value = values.get(name);
    return value?.kind === 'string' ? value.bytes : undefined;
  };
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
    content: encodingColumn === undefined ? content : writeReference(content, bytesOf(encodingColumn)),
    repository: text(columns.repository),
    path: text(columns.path),
    license: text(columns.license),
  };
}

function contentOf(values: ReadonlyMap<string, Value>, name: string): Uint8Array | undefined {
  const own = values.get(name);
  if (own !== undefined || !name.includes('+')) return own?.kind === 'string' ? own.bytes : undefined;
  const parts = joinedColumns(name).map((part) => values.get(part));
  const texts = parts.flatMap((part) => (part?.kind === 'string' ? [part.bytes] : []));
  return texts.length === parts.length ? new Uint8Array(Buffer.concat(texts)) : undefined;
}
