// A merged file as the outputs that were put into it, each up to its separator.

import { mergedLength, separatedMd5 } from './merged-text.ts';

/** One character a byte. */
export interface MergedPart {
  /** 1-based line of the merged file. */
  readonly start: number;
  /** What stands between the separators, up to the line end before the second. */
  readonly text: string;
  /** Without the empty one that a final line end leaves. */
  readonly nLines: number;
  /** What its separator says. */
  readonly md5: string;
}

export interface MergedParts {
  readonly parts: readonly MergedPart[];
  /** Lines behind the last separator: a file that was cut short, or other text. */
  readonly rest: readonly string[];
}

export function readMergedParts(merged: Iterable<string>): MergedParts {
  const reading = mergedParts(merged);
  const parts: MergedPart[] = [];
  for (;;) {
    const { value, done } = reading.next();
    if (done) return { parts, rest: value };
    parts.push(value);
  }
}

/** One part after the other; at the end, the lines behind the last separator. */
export function* mergedParts(merged: Iterable<string>): Generator<MergedPart, readonly string[]> {
  let lines: string[] = [];
  let start = 1;
  for (const line of merged) {
    const md5 = separatedMd5(line);
    if (md5 === undefined) {
      lines.push(line);
      continue;
    }
    const text = lines.join('\n');
    yield { start, text, md5, nLines: text.endsWith('\n') ? lines.length - 1 : lines.length };
    start += mergedLength(text);
    lines = [];
  }
  return lines;
}
