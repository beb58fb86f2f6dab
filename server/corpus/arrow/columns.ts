// The values of a column of one Arrow batch, a block of rows at a time. Text stays bytes.

import type { BodyBuffer, PlacedColumn } from './body.ts';
import { corrupt } from './doubt.ts';
import { type ArrowField, formOf, isLarge } from './schema.ts';

/** `null`: the row has none. `too-long`: longer than a document may be. */
export type ArrowText = Uint8Array | null | 'too-long';
export type ArrowValue = ArrowText | readonly ArrowText[];

/** Values of `[first, last)`: as many as are not too much at once, and one at least. */
export interface ArrowColumn {
  readonly nRows: number;
  values(first: number, last: number): Promise<readonly ArrowValue[]>;
}

/** What a block may hold, but for a first value that is longer. */
const BLOCK_BYTES = 16 << 20;
const MAX_TEXT_BYTES = 256 << 20;
/** No list of licences is so long. */
const MAX_LIST_ITEMS = 1 << 20;

/** The values of a dictionary, its additions in the order in which they came. */
export type DictionaryOf = (id: bigint) => Promise<readonly ArrowColumn[]>;

/** Undefined for a column that holds neither texts nor lists of them. */
export function openColumn(placed: PlacedColumn, dictionaryOf: DictionaryOf): ArrowColumn | undefined {
  const form = formOf(placed.field);
  if (form === 'other') return undefined;
  if (placed.field.dictionary) return numberedColumn(placed, placed.field.dictionary, dictionaryOf);
  if (form === 'texts') return textColumn(placed);
  if (form === 'views') return viewColumn(placed);
  const items = openColumn(placed.children[0]!, dictionaryOf);
  return items && listColumn(placed, items);
}

/** All values of `[first, last)`. */
export async function allValues(column: ArrowColumn, first: number, last: number): Promise<ArrowValue[]> {
  const values: ArrowValue[] = [];
  while (values.length < last - first)
    for (const value of await column.values(first + values.length, last)) values.push(value);
  return values;
}

const textColumn = ({ nRows, field, buffers }: PlacedColumn): ArrowColumn => ({
  nRows,
  async values(first, last) {
    const [validity, offsets, data] = buffers as readonly [BodyBuffer, BodyBuffer, BodyBuffer];
    const isThere = await validityOf(validity, first, last);
    const at = await readOffsets(offsets, field, first, last);
    let n = 1;
    while (n < last - first && at[n + 1]! - at[0]! <= BLOCK_BYTES) n++;
    const nBytes = at[n]! - at[0]!;
    if (nBytes > MAX_TEXT_BYTES) return [isThere(0) ? 'too-long' : null];
    const block = await data.read(at[0]!, nBytes);
    return Array.from({ length: n }, (_, i) =>
      isThere(i) ? block.subarray(at[i]! - at[0]!, at[i + 1]! - at[0]!) : null,
    );
  },
});

const VIEW_BYTES = 16;
/** Shorter texts stand in the view itself. */
const INLINE_BYTES = 12;

const viewColumn = ({ nRows, buffers }: PlacedColumn): ArrowColumn => ({
  nRows,
  async values(first, last) {
    const [validity, viewed, ...data] = buffers as readonly [BodyBuffer, BodyBuffer, ...BodyBuffer[]];
    const isThere = await validityOf(validity, first, last);
    const views = await viewed.read(first * VIEW_BYTES, (last - first) * VIEW_BYTES);
    const values: ArrowText[] = [];
    let nBytes = 0;
    for (let i = 0; i < last - first; i++) {
      const view = views.subarray(i * VIEW_BYTES, (i + 1) * VIEW_BYTES);
      const length = view.readInt32LE(0);
      if (isThere(i) && length < 0) throw corrupt(`a text has ${length} bytes`);
      if (!isThere(i)) values.push(null);
      else if (length > MAX_TEXT_BYTES) values.push('too-long');
      else if (length <= INLINE_BYTES) values.push(view.subarray(4, 4 + length));
      else {
        nBytes += length;
        if (nBytes > BLOCK_BYTES && i > 0) break;
        const buffer = data[view.readInt32LE(8)];
        const start = view.readInt32LE(12);
        if (!buffer || start < 0) throw corrupt('a text stands in a buffer that is not there');
        values.push(await buffer.read(start, length));
      }
    }
    return values;
  },
});

const listColumn = ({ nRows, field, buffers }: PlacedColumn, items: ArrowColumn): ArrowColumn => ({
  nRows,
  async values(first, last) {
    const [validity, offsets] = buffers as readonly [BodyBuffer, BodyBuffer, ...BodyBuffer[]];
    const isThere = await validityOf(validity, first, last);
    const at = await readOffsets(offsets, field, first, last);
    const [start, end] = [at[0]!, at.at(-1)!];
    if (end > items.nRows || end - start > MAX_LIST_ITEMS)
      throw corrupt(`lists hold ${end - start} texts, up to the text ${end} of ${items.nRows}`);
    const texts = (await allValues(items, start, end)) as ArrowText[];
    return Array.from({ length: last - first }, (_, i) =>
      isThere(i) ? texts.slice(at[i]! - start, at[i + 1]! - start) : null,
    );
  },
});

const numberedColumn = (
  { nRows, buffers }: PlacedColumn,
  { id, indexBytes }: NonNullable<ArrowField['dictionary']>,
  dictionaryOf: DictionaryOf,
): ArrowColumn => ({
  nRows,
  async values(first, last) {
    const [validity, numbers] = buffers as readonly [BodyBuffer, BodyBuffer, ...BodyBuffer[]];
    const isThere = await validityOf(validity, first, last);
    const bytes = await numbers.read(first * indexBytes, (last - first) * indexBytes);
    const parts = await dictionaryOf(id);
    const values: ArrowValue[] = [];
    const known = new Map<number, ArrowValue>();
    let nBytes = 0;
    for (let i = 0; i < last - first && (i === 0 || nBytes <= BLOCK_BYTES); i++) {
      const number = isThere(i) ? numberAt(bytes, i, indexBytes) : undefined;
      let value = number === undefined ? null : known.get(number);
      if (value === undefined) {
        value = await valueAt(parts, number!);
        known.set(number!, value);
        if (value instanceof Uint8Array) nBytes += value.length;
      }
      values.push(value);
    }
    return values;
  },
});

function numberAt(bytes: Buffer, i: number, nBytes: 1 | 2 | 4 | 8): number {
  if (nBytes === 1) return bytes.readUInt8(i);
  if (nBytes === 2) return bytes.readUInt16LE(2 * i);
  if (nBytes === 4) return bytes.readUInt32LE(4 * i);
  return Number(bytes.readBigUInt64LE(8 * i));
}

async function valueAt(parts: readonly ArrowColumn[], number: number): Promise<ArrowValue> {
  let left = number;
  for (const part of parts) {
    if (left < part.nRows) return (await part.values(left, left + 1))[0]!;
    left -= part.nRows;
  }
  throw corrupt(`a row has the value ${number} of a dictionary, which has fewer`);
}

/** Ascending, one more than rows. */
async function readOffsets(
  offsets: BodyBuffer,
  field: ArrowField,
  first: number,
  last: number,
): Promise<readonly number[]> {
  const nBytes = isLarge(field) ? 8 : 4;
  const bytes = await offsets.read(first * nBytes, (last - first + 1) * nBytes);
  let before = 0;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const at = nBytes === 8 ? Number(bytes.readBigInt64LE(8 * i)) : bytes.readInt32LE(4 * i);
    if (at < before || !Number.isSafeInteger(at))
      throw corrupt(`a value of ${field.name} ends before it begins`);
    before = at;
    return at;
  });
}

/** Whether the row `first + i` has a value. Where none lacks one, there may be no such bits. */
async function validityOf(
  validity: BodyBuffer,
  first: number,
  last: number,
): Promise<(i: number) => boolean> {
  if (validity.nBytes === 0) return () => true;
  const start = first >> 3;
  const bits = await validity.read(start, ((last - 1) >> 3) - start + 1);
  return (i) => ((bits[((first + i) >> 3) - start]! >> ((first + i) & 7)) & 1) === 1;
}
