// Whether a file that is called .json, or nothing, holds rows or is a document itself: told by its content, the same for a file, a
// folder and the Hub.

import type { ColumnNames } from '../../protocol/study.ts';
import { decodeText } from '../text/decode-text.ts';
import { JsonValues } from '../text/json-values.ts';
import { parseObject } from '../text/parse-json.ts';
import { columnConventions } from './columns.ts';

/** How much of a file is looked at. */
export const JSON_HEAD_BYTES = 1 << 20;

/**
 * `table`: a list of objects none of which has a column for text by any usual name. `wrapped`: one object that holds the rows, or their columns,
 * inside: it is read as one row, which then is named for what it lacks, since as a text it would match nothing.
 */
export type JsonContent = 'rows' | 'table' | 'wrapped' | 'document';

/** What the file that begins with `head` holds. */
export function jsonContent(head: Uint8Array, columns: ColumnNames | undefined): JsonContent {
  const text = decodeText(head);
  const start = text.findIndex((byte) => byte > 0x20);
  const first = text[start];
  if (first !== 0x7b && first !== 0x5b) return 'document';
  const lines = Buffer.from(new JsonValues().push(text.subarray(start)))
    .toString('latin1')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const [row, next] = lines.map((line) => line.trim());
  if (!row?.startsWith('{')) return 'document';
  const names = columns?.content === undefined ? columnConventions.content : [columns.content];
  if (hasText(row, names)) return 'rows';
  if (first === 0x5b) return 'table';
  if (next?.startsWith('{') && row.endsWith('}')) return 'rows';
  return isWrapped(text.subarray(start, start + WRAPPED_BYTES), names) ? 'wrapped' : 'document';
}

const WRAPPED_BYTES = 64 << 10;
const STRING = String.raw`"(?:[^"\\]|\\.)*`;

/** A list of objects with a text of several lines under a usual name, or such a name with a list of such texts. */
function isWrapped(head: Uint8Array, names: readonly string[]): boolean {
  const json = Buffer.from(head).toString('latin1');
  const name = `"(?:${names.map((one) => one.replace(/\W/g, '\\$&')).join('|')})"`;
  const lines = `${STRING}\\\\n`;
  const rows = /^\{\s*"[^"]*"\s*:\s*\[\s*\{/.test(json) && new RegExp(`${name}\\s*:\\s*${lines}`).test(json);
  return rows || new RegExp(`${name}\\s*:\\s*\\[\\s*${lines}`).test(json);
}

/** A row that is longer than the head is told by the first of its keys that is followed by a string. */
function hasText(row: string, names: readonly string[]): boolean {
  const values = parseObject(Buffer.from(row, 'latin1'));
  if (values !== 'not-json') return names.some((name) => values.get(name)?.kind === 'string');
  return names.some(
    (name) => row.includes(`${JSON.stringify(name)}: "`) || row.includes(`${JSON.stringify(name)}:"`),
  );
}
