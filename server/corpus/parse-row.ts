// One row of JSON lines, read from its bytes. JSON.parse is not enough: it wants a string, and decoding
// replaces invalid UTF-8, which the method keeps. Plain on purpose: the scan kernel is checked against it.

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

/** A column that can hold text: a string, or a list with its strings, as licences come in some data sets. */
export type Value =
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Uint8Array[] };

/** The strings and lists of the JSON object in `bytes`, by key. */
export function parseObject(bytes: Uint8Array): ReadonlyMap<string, Value> | 'not-json' {
  const values = new Map<string, Value>();
  const cursor: Cursor = { bytes, at: 0 };
  try {
    readObject(cursor, values);
    skipBlanks(cursor);
    return cursor.at < bytes.length ? 'not-json' : values;
  } catch (error) {
    // A row can be nested deeper than the stack: no training row is.
    if (error instanceof NotJson || error instanceof RangeError) return 'not-json';
    throw error;
  }
}

class NotJson extends Error {}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const code = (character: string) => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');

/** Reads `{…}`; keeps its strings and lists in `values`, skips the rest. */
function readObject(cursor: Cursor, values: Map<string, Value> | undefined): void {
  expect(cursor, '{');
  if (tryTake(cursor, '}')) return;
  do {
    skipBlanks(cursor);
    const key = new TextDecoder().decode(readString(cursor));
    expect(cursor, ':');
    skipBlanks(cursor);
    const value = readValue(cursor);
    // The first one counts, and a string before a list.
    const before = values?.get(key);
    if (value && (!before || (before.kind === 'list' && value.kind === 'string'))) values?.set(key, value);
  } while (tryTake(cursor, ','));
  expect(cursor, '}');
}

/** Undefined for a value that is neither a string nor a list. */
function readValue(cursor: Cursor): Value | undefined {
  const first = cursor.bytes[cursor.at];
  if (first === QUOTE) return { kind: 'string', bytes: readString(cursor) };
  if (first === code('{')) readObject(cursor, undefined);
  else if (tryTake(cursor, '[')) return { kind: 'list', items: readArray(cursor) };
  else readLiteral(cursor);
  return undefined;
}

/** After `[`: the strings in it. */
function readArray(cursor: Cursor): Uint8Array[] {
  const items: Uint8Array[] = [];
  if (tryTake(cursor, ']')) return items;
  do {
    skipBlanks(cursor);
    const value = readValue(cursor);
    if (value?.kind === 'string') items.push(value.bytes);
  } while (tryTake(cursor, ','));
  expect(cursor, ']');
  return items;
}

function readLiteral(cursor: Cursor): void {
  const { bytes } = cursor;
  const start = cursor.at;
  while (cursor.at < bytes.length && /[-+.0-9a-zA-Z]/.test(String.fromCharCode(bytes[cursor.at]!)))
    cursor.at++;
  const literal = String.fromCharCode(...bytes.subarray(start, cursor.at));
  if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)$/.test(literal)) throw new NotJson();
}

/** Reads `"…"` and gives its bytes, unescaped. A lone surrogate becomes the three bytes of its code point. */
function readString(cursor: Cursor): Uint8Array {
  const { bytes } = cursor;
  expect(cursor, '"');
  const out: number[] = [];
  for (;;) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || byte < 0x20) throw new NotJson();
    if (byte === QUOTE) return Uint8Array.from(out);
    if (byte !== BACKSLASH) {
      out.push(byte);
      continue;
    }
    const escaped = String.fromCharCode(bytes[cursor.at++] ?? 0);
    if (escaped === 'u') pushCodePoint(out, readCodePoint(cursor));
    else {
      const simple = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[escaped];
      if (simple === undefined) throw new NotJson();
      out.push(code(simple));
    }
  }
}

/** After `\u`: one code unit, or two that make a pair. */
function readCodePoint(cursor: Cursor): number {
  const first = readHex(cursor);
  const { bytes, at } = cursor;
  if (first < 0xd800 || first > 0xdbff || bytes[at] !== BACKSLASH || bytes[at + 1] !== code('u'))
    return first;
  cursor.at += 2;
  const second = readHex(cursor);
  if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  cursor.at = at; // not a pair: the second unit stands for itself
  return first;
}

function readHex(cursor: Cursor): number {
  const digits = String.fromCharCode(...cursor.bytes.subarray(cursor.at, cursor.at + 4));
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotJson();
  cursor.at += 4;
  return Number.parseInt(digits, 16);
}

function pushCodePoint(out: number[], point: number): void {
  if (point < 0x80) out.push(point);
  else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
  else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  else {
    out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63));
    out.push(0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
}

function skipBlanks(cursor: Cursor): void {
  const { bytes } = cursor;
  while ([0x20, 0x09, 0x0d, 0x0a].includes(bytes[cursor.at] ?? 0)) cursor.at++;
}

function tryTake(cursor: Cursor, character: string): boolean {
  skipBlanks(cursor);
  if (cursor.bytes[cursor.at] !== code(character)) return false;
  cursor.at++;
  return true;
}

function expect(cursor: Cursor, character: string): void {
  if (!tryTake(cursor, character)) throw new NotJson();
}
