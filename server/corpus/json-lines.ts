// How the rows of a JSON stream are laid out, told by its beginning: a row a line, which everyone reads as it is, or any
// other way, of which lines are made. Knows streams and no files.

import { decodeStream, encodingOf } from '../text/decode-text.ts';
import { JsonValues } from '../text/json-values.ts';

/** `values`: the lines are made here, so a place in them is none in the file. */
export type JsonLayout = 'lines' | 'values';

/** A first line that is longer than this and does not end is read as a value: that is slower and as right. */
export const LONGEST_FIRST_LINE_BYTES = 4 << 20;

/** The stream as JSON lines. `onLayout` is called once, before the first bytes. */
export async function* asJsonLines(
  chunks: AsyncIterable<Uint8Array>,
  onLayout: (layout: JsonLayout) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    const head = await takeHead(source);
    const layout = layoutOf(head.bytes);
    onLayout(layout.kind);
    if (layout.kind === 'lines') {
      yield layout.hasMark ? withoutMark(head.bytes) : head.bytes;
      if (!head.isAll) yield* rest(source);
      return;
    }
    const values = new JsonValues();
    for await (const chunk of decodeStream(join(head, source))) {
      for (let at = 0; at < chunk.length; at += VALUES_AT_ONCE) {
        yield values.push(chunk.subarray(at, at + VALUES_AT_ONCE));
      }
    }
  } finally {
    await source.return?.();
  }
}

const VALUES_AT_ONCE = 1 << 20;

/** The layout of JSON that begins with `head`; of bytes that are no JSON it is lines, each of which is then told. */
export function layoutOf(head: Uint8Array): { readonly kind: JsonLayout; readonly hasMark: boolean } {
  const encoding = encodingOf(head);
  const hasMark = encoding === 'utf-8-bom';
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return { kind: 'values', hasMark: false };
  let at = hasMark ? 3 : 0;
  while (isBlank(head[at])) at++;
  if (head[at] === 0x5b) return { kind: 'values', hasMark };
  if (head[at] !== 0x7b) return { kind: 'lines', hasMark };
  const lf = head.indexOf(0x0a, at);
  let end = lf < 0 ? head.length : lf;
  while (end > at && isBlank(head[end - 1])) end--;
  const last = head[end - 1];
  const isWhole = lf >= 0 && last === 0x7d && end - at > 1;
  const isDamaged = lf >= 0 && head[lf + 1] === 0x7b && !GOES_ON.has(last ?? 0);
  return { kind: isWhole || isDamaged ? 'lines' : 'values', hasMark };
}

/** What a line of a value that goes on may end with, before a line that begins an object: [ { , and : */
const GOES_ON = new Set([0x5b, 0x7b, 0x2c, 0x3a]);

const isBlank = (byte: number | undefined) =>
  byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);

interface Head {
  readonly bytes: Uint8Array;
  readonly isAll: boolean;
}

/** The first chunk, or as many as it takes to see a line's end; copied only where it is several: a decoder may write the next one into the same memory. */
async function takeHead(source: AsyncIterator<Uint8Array>): Promise<Head> {
  const first = await source.next();
  if (first.done) return { bytes: new Uint8Array(), isAll: true };
  if (first.value.includes(0x0a)) return { bytes: first.value, isAll: false };
  const pieces = [new Uint8Array(first.value)];
  let nBytes = first.value.length;
  while (nBytes < LONGEST_FIRST_LINE_BYTES) {
    const next = await source.next();
    if (next.done) return { bytes: Buffer.concat(pieces), isAll: true };
    pieces.push(new Uint8Array(next.value));
    nBytes += next.value.length;
    if (next.value.includes(0x0a)) break;
  }
  return { bytes: Buffer.concat(pieces), isAll: false };
}

async function* join(head: Head, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head.bytes;
  if (!head.isAll) yield* rest(source);
}

async function* rest(source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { value, done } = await source.next();
    if (done) return;
    yield value;
  }
}

/** Whether a stream begins with the mark of UTF-8. */
export const hasMark = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** Blanks in its place keep every byte's place. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy.fill(0x20, 0, 3);
  return copy;
}
