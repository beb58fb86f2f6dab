// One row of JSON lines, read from its bytes. JSON.parse is not enough: it wants a string, and decoding
// replaces invalid UTF-8, which design section 4 keeps. Plain on purpose: the scan kernel is checked against it.

/** The columns that matter, under the names of `codeparrot-clean`. Absent strings are empty. */
export interface Row {
  readonly content: Uint8Array;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

export type RowProblem = 'not-json' | 'no-content';

/** Reads the JSON object in `bytes`. Of keys that occur twice the first one counts. */
export function parseRow(bytes: Uint8Array): Row | RowProblem {
  const columns = new Map<string, Uint8Array>();
  const cursor: Cursor = { bytes, at: 0 };
  try {
    readObject(cursor, columns);
    skipBlanks(cursor);
    if (cursor.at < bytes.length) return 'not-json';
  } catch (error) {
    // A row can be nested deeper than the stack: no training row is.
    if (error instanceof NotJson || error instanceof RangeError) return 'not-json';
    throw error;
  }
  const content = columns.get('content');
  if (!content) return 'no-content';
  const text = (key: string) => new TextDecoder().decode(columns.get(key));
  return { content, repository: text('repo_name'), path: text('path'), license: text('license') };
}

class NotJson extends Error {}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const code = (character: string) => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');

/** Reads `{…}`; keeps its string values in `columns`, skips the rest. */
function readObject(cursor: Cursor, columns: Map<string, Uint8Array> | undefined): void {
  expect(cursor, '{');
  if (tryTake(cursor, '}')) return;
  do {
    skipBlanks(cursor);
    const key = new TextDecoder().decode(readString(cursor));
    expect(cursor, ':');
    skipBlanks(cursor);
    if (cursor.bytes[cursor.at] === QUOTE) {
      const value = readString(cursor);
      if (columns && !columns.has(key)) columns.set(key, value);
    } else readOther(cursor);
  } while (tryTake(cursor, ','));
  expect(cursor, '}');
}

/** Reads a value that is no string. */
function readOther(cursor: Cursor): void {
  const { bytes } = cursor;
  if (bytes[cursor.at] === code('{')) readObject(cursor, undefined);
  else if (tryTake(cursor, '[')) readArray(cursor);
  else readLiteral(cursor);
}

/** After `[`. */
function readArray(cursor: Cursor): void {
  if (tryTake(cursor, ']')) return;
  do {
    skipBlanks(cursor);
    if (cursor.bytes[cursor.at] === QUOTE) readString(cursor);
    else readOther(cursor);
  } while (tryTake(cursor, ','));
  expect(cursor, ']');
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
