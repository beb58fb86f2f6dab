// A sample as one part of a merged file.

import { isMergedText } from './merged-map.ts';
import type { MergedPart } from './merged-parts.ts';
import { mergeText } from './merged-text.ts';

/** A part of which it is known what sample it is. */
export interface MergedSample {
  /** The sample's among all samples. */
  readonly index: number;
  /** Not copied; may be asked for until the texts are forgotten. */
  readonly text: () => Buffer;
  /** Whether its lines end as the merged file's do. */
  readonly isMerged: boolean;
}

/** A part while others may still say more of its sample. */
export interface PlacedPart {
  readonly sampleId: number;
  /** 1-based line of the merged file. */
  readonly start: number;
  /** The separator not counted. */
  readonly nLines: number;
  /** The number of its text. */
  readonly text: number;
  /** Whether its lines end as those of the merged file do. */
  readonly isMerged: boolean;
}

/**
 * `output` is the sample's own file, where there is one; what is returned says whether it holds the part, and is the sample's text
 * then. `rawLines`: for each line of the part its 1-based line in the text; undefined where the part is all that is known of the sample.
 */
export function placePart(
  { text }: MergedPart,
  output: string | undefined,
): {
  readonly isWhole: boolean;
  readonly isMerged: boolean;
  readonly rawLines: readonly number[] | undefined;
} {
  const merged = output === undefined ? undefined : mergeText(output);
  // The single file says more: its empty lines, and how its lines ended.
  const isWhole = merged !== undefined && isMergedText({ text }, merged);
  return {
    isWhole,
    isMerged: !isWhole || !output!.includes('\r'),
    rawLines: isWhole ? merged.rawLine : undefined,
  };
}

/** Lines of a sample, 1-based and inclusive, without the empty ones, which are not in the merged file: one character a byte. */
export function linesOfSample({ text, isMerged }: MergedSample, from: number, to: number): readonly string[] {
  const bytes = text();
  const lines = isMerged
    ? cutLines(bytes, from, to)
    : bytes
        .toString('latin1')
        .split(/\r\n|\r|\n/)
        .slice(from - 1, to);
  return lines.filter((line) => line !== '');
}

/** Without making a string of each line before them. */
function cutLines(text: Buffer, from: number, to: number): readonly string[] {
  let start = 0;
  for (let line = 1; line < from; line++) {
    const end = text.indexOf(LF, start);
    if (end < 0) return [];
    start = end + 1;
  }
  let end = start - 1;
  for (let line = from; line <= to; line++) {
    end = text.indexOf(LF, end + 1);
    if (end < 0) break;
  }
  return text.toString('latin1', start, end < 0 ? text.length : end).split('\n');
}

const LF = 0x0a;
