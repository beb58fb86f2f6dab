// A sample as it stands in the merged file `all`: line ends become LF, as Python's text mode makes them, and
// empty lines are left out. Lines of blanks stay. Bytes are kept, one character each.

export interface MergedText {
  /** The lines that stay, joined by LF, with a final LF where the sample had one. */
  readonly text: string;
  /** For each raw line of the sample, from 0: its 0-based line in `text`, or that of the next line that stays. */
  readonly mergedLine: Int32Array;
  /** For each line of `text`: its 1-based raw line in the sample. */
  readonly rawLine: readonly number[];
}

/** `sample` holds one character a byte (latin1). */
export function mergeText(sample: string): MergedText {
  const lines = sample.split(/\r\n|\r|\n/);
  // What follows the last line end is a line only if there is something.
  const endsWithLine = lines.at(-1) === '';
  if (endsWithLine) lines.pop();
  const mergedLine = new Int32Array(lines.length);
  const rawLine: number[] = [];
  const kept: string[] = [];
  for (const [i, line] of lines.entries()) {
    mergedLine[i] = kept.length;
    if (line === '') continue;
    kept.push(line);
    rawLine.push(i + 1);
  }
  return { text: kept.join('\n') + (endsWithLine && kept.length > 0 ? '\n' : ''), mergedLine, rawLine };
}

/**
 * The text as that study's scripts can read it, who decode UTF-8 strictly: what is no character becomes
 * U+FFFD, as in the outputs that they decoded themselves. Both sides hold one character a byte.
 */
export const toValidUtf8 = (text: string): string =>
  Buffer.from(Buffer.from(text, 'latin1').toString('utf8')).toString('latin1');

/** Lines that a sample takes up in `all`, its separator counted. */
export const mergedLength = (text: string): number => text.split('\n').length + 1;

export const separator = (md5: string): string => `Submission>>>>>>${md5}>>>>>>Submission`;

/** The digest that a separator holds; undefined for other lines. */
export function separatedMd5(line: string): string | undefined {
  if (!line.startsWith('Submission>')) return undefined;
  const md5 = /^Submission>>>>>>([0-9a-f]{32})>>>>>>Submission$/.exec(line)?.[1];
  // Copied, because a part of a string keeps the whole alive, which is a piece of the file.
  return md5 && Buffer.from(md5, 'latin1').toString('latin1');
}
