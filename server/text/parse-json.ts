// JSON read from its bytes, for rows of corpora and for samples alike. JSON.parse is not enough: it wants a string, and
// decoding replaces invalid UTF-8, which the method keeps. Takes what Python writes: NaN and Infinity, lone surrogates.

import { writePoint } from './code-point.ts';

/** A column that can hold text: a string, or a list with its strings that are not empty, as licences come. */
export type Value =
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Uint8Array[] };

/**
 * The strings and lists of the JSON object in `bytes`, by key; those of objects inside it by keys that are joined with
 * dots, as in `text.content`.
 */
export function parseObject(bytes: Uint8Array): ReadonlyMap<string, Value> | 'not-json' {
  const values = new Map<string, Value>();
  const cursor: Cursor = { bytes, at: 0 };
  try {
    readObject(cursor, { values, prefix: '', depth: 0 });
    skipBlanks(cursor);
    return cursor.at < bytes.length ? 'not-json' : values;
  } catch (error) {
    // A row can be nested deeper than the stack: no training row is.
    if (error instanceof NotJson || error instanceof RangeError) return 'not-json';
    throw error;
  }
}

/** A row may hold a string every few bytes, and each kept one takes a hundred: no column list is longer. */
const MOST_COLUMNS = 10_000;
const MOST_ITEMS = 20_000;

class NotJson extends Error {}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const code = (character: string) => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');

/** What takes the strings and lists of an object. */
interface Kept {
  readonly values: Map<string, Value>;
  /** Keys of the objects around it, each with its dot. */
  readonly prefix: string;
  readonly depth: number;
}

const DEEPEST_KEPT = 3;
const LONGEST_PREFIX = 1000;

/** Reads `{…}`; keeps its strings and lists, skips the rest. */
function readObject(cursor: Cursor, kept: Kept | undefined): void {
  expect(cursor, '{');
  if (tryTake(cursor, '}')) return;
  do {
    skipBlanks(cursor);
    const name = readString(cursor);
    expect(cursor, ':');
    skipBlanks(cursor);
    if (kept) keepValue(cursor, kept, kept.prefix + new TextDecoder().decode(name));
    else readValue(cursor, undefined);
  } while (tryTake(cursor, ','));
  expect(cursor, '}');
}

function keepValue(cursor: Cursor, { values, prefix, depth }: Kept, key: string): void {
  // A key that holds a dot itself is looked for like any other.
  const inner = depth < DEEPEST_KEPT && prefix.length < LONGEST_PREFIX;
  const value = readValue(cursor, inner ? { values, prefix: `${key}.`, depth: depth + 1 } : undefined);
  // The first one counts, and a string before a list.
  const before = values.get(key);
  const isKept = before || values.size < MOST_COLUMNS;
  if (value && isKept && (!before || (before.kind === 'list' && value.kind === 'string')))
    values.set(key, value);
}

/** Undefined for a value that is neither a string nor a list; what an object holds goes to `kept`. */
function readValue(cursor: Cursor, kept: Kept | undefined): Value | undefined {
  const first = cursor.bytes[cursor.at];
  if (first === QUOTE) return { kind: 'string', bytes: readString(cursor) };
  if (first === code('{')) readObject(cursor, kept);
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
    const value = readValue(cursor, undefined);
    if (value?.kind === 'string' && value.bytes.length > 0 && items.length < MOST_ITEMS)
      items.push(value.bytes);
  } while (tryTake(cursor, ','));
  expect(cursor, ']');
  return items;
}

function readLiteral(cursor: Cursor): void {
  const { bytes } = cursor;
  const start = cursor.at;
  while (isLiteral(bytes[cursor.at])) cursor.at++;
  const literal = Buffer.from(bytes.buffer, bytes.byteOffset + start, cursor.at - start).toString('latin1');
  if (!/^(true|false|null|NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)$/.test(literal))
    throw new NotJson();
}

/** What numbers, `true`, `false` and `null` are made of, and more: letters, digits, `-`, `+` and `.`. */
const isLiteral = (byte: number | undefined): boolean =>
  byte !== undefined && /[-+.0-9a-zA-Z]/.test(String.fromCharCode(byte));

/**
 * Reads `"…"` and gives its bytes, unescaped. A lone surrogate becomes the three bytes of its code point. No escape is
 * longer unescaped, so the bytes that are there are room enough.
 */
function readString(cursor: Cursor): Uint8Array {
  const { bytes } = cursor;
  expect(cursor, '"');
  const start = cursor.at;
  const end = endOfString(bytes, start);
  if (!bytes.subarray(start, end).includes(BACKSLASH)) {
    cursor.at = end + 1;
    return bytes.slice(start, end);
  }
  const out: Output = { bytes: new Uint8Array(end - start), length: 0 };
  while (cursor.at < end) {
    const byte = bytes[cursor.at++]!;
    if (byte !== BACKSLASH) {
      out.bytes[out.length++] = byte;
      continue;
    }
    const escaped = String.fromCharCode(bytes[cursor.at++]!);
    if (escaped === 'u') out.length = writePoint(out.bytes, out.length, readCodePoint(cursor));
    else {
      const simple = SIMPLE_ESCAPES.get(escaped);
      if (simple === undefined) throw new NotJson();
      out.bytes[out.length++] = simple;
    }
  }
  if (cursor.at !== end) throw new NotJson();
  cursor.at++;
  return out.bytes.slice(0, out.length);
}

const SIMPLE_ESCAPES = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, character]) => [letter, code(character)],
  ),
);

/** The place of the quote that ends the string from `start` on. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte < 0x20) break;
    if (byte === BACKSLASH) at++;
  }
  throw new NotJson();
}

interface Output {
  readonly bytes: Uint8Array;
  length: number;
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

/** The bytes of the JSON string that `bytes` is; undefined where it is none. */
export function parseString(bytes: Uint8Array): Uint8Array | undefined {
  return parseShortString(bytes) ?? parseAnyString(bytes);
}

/** Nothing of a longer string is held twice. */
const MOST_SHORT_BYTES = 1 << 16;

/**
 * JSON.parse is faster, and changes nothing as long as each byte is a character and no escape stands for more than one.
 * Undefined where it may not, or cannot, tell.
 */
function parseShortString(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== QUOTE || bytes.length > MOST_SHORT_BYTES) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (text.includes('\\u')) return undefined;
  try {
    const value: string = JSON.parse(text);
    const out = Buffer.allocUnsafeSlow(value.length);
    out.write(value, 'latin1');
    return out;
  } catch {
    return undefined;
  }
}

function parseAnyString(bytes: Uint8Array): Uint8Array | undefined {
  const cursor: Cursor = { bytes, at: 0 };
  try {
    skipBlanks(cursor);
    const value = readString(cursor);
    skipBlanks(cursor);
    return cursor.at < bytes.length ? undefined : value;
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}
