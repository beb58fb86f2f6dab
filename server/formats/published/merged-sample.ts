// A sample as one part of a merged file.

import { isMergedText } from './merged-map.ts';
import type { MergedPart } from './merged-parts.ts';
import { mergeText } from './merged-text.ts';

export interface MergedSample {
  readonly sampleId: number;
  /** 1-based line of the merged file. */
  readonly start: number;
  /** The separator not counted. */
  readonly nLines: number;
  /** One character a byte. */
  readonly text: string;
  /** Whether its lines end as the merged file's do. */
  readonly isMerged: boolean;
}

/**
 * `output` is the sample's own file, where there is one. `rawLines`: for each line of the part its 1-based line in the text; undefined
 * where the part is all that is known of the sample.
 */
export function placePart(
  sampleId: number,
  { start, nLines, text }: MergedPart,
  output: string | undefined,
): { readonly sample: MergedSample; readonly rawLines: readonly number[] | undefined } {
  const merged = output === undefined ? undefined : mergeText(output);
  // The single file says more: its empty lines, and how its lines ended.
  const isWhole = merged !== undefined && isMergedText({ text }, merged);
  const sample = { sampleId, start, nLines, text: isWhole ? output! : text };
  return {
    sample: { ...sample, isMerged: !isWhole || !sample.text.includes('\r') },
    rawLines: isWhole ? merged.rawLine : undefined,
  };
}

/** Lines of a sample, 1-based and inclusive, without the empty ones, which are not in the merged file. */
export function linesOfSample({ text, isMerged }: MergedSample, from: number, to: number): readonly string[] {
  const lines = isMerged ? cutLines(text, from, to) : text.split(/\r\n|\r|\n/).slice(from - 1, to);
  return lines.filter((line) => line !== '');
}

/** Without making a string of each line before them. */
function cutLines(text: string, from: number, to: number): readonly string[] {
  let start = 0;
  for (let line = 1; line < from; line++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return [];
    start = end + 1;
  }
  return text.slice(start).split('\n', to - from + 1);
}
