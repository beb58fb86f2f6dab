// Turns a text's marks, which nest and overlap, into runs of lines that lie side by side, each with all
// marks that cover it: so a line is painted once, by its highest count. Pure.

import type { SampleMark, TextRange } from '../../protocol/fragments.ts';
import { type Level, levelOfTrain } from './level.ts';

export interface Segment<Mark extends SampleMark = SampleMark> extends TextRange {
  readonly level: Level;
  /** The marks of these lines, longest first; never empty. */
  readonly marks: readonly Mark[];
}

/** Gives segments in line order, without gaps inside a mark and without overlaps. */
export function markSegments<Mark extends SampleMark>(marks: readonly Mark[]): Segment<Mark>[] {
  const starts = new Set(marks.flatMap(({ firstLine, lastLine }) => [firstLine, lastLine + 1]));
  const edges = [...starts].sort((a, b) => a - b);
  const segments: Segment<Mark>[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const firstLine = edges[i]!;
    const lastLine = edges[i + 1]! - 1;
    const covering = marks.filter((mark) => mark.firstLine <= firstLine && mark.lastLine >= lastLine);
    if (covering.length === 0) continue;
    covering.sort((a, b) => nLinesOf(b) - nLinesOf(a) || a.firstLine - b.firstLine);
    segments.push({ firstLine, lastLine, level: levelOf(covering), marks: covering });
  }
  return segments;
}

/** Groups touching segments of one level, which a reader sees as one block of colour. */
export function levelRuns<Mark extends SampleMark>(
  segments: readonly Segment<Mark>[],
): (readonly Segment<Mark>[])[] {
  const runs: Segment<Mark>[][] = [];
  for (const segment of segments) {
    const last = runs.at(-1)?.at(-1);
    if (last?.level === segment.level && last.lastLine + 1 === segment.firstLine) runs.at(-1)!.push(segment);
    else runs.push([segment]);
  }
  return runs;
}

function nLinesOf({ firstLine, lastLine }: TextRange): number {
  return lastLine - firstLine + 1;
}

const levelOf = (marks: readonly SampleMark[]): Level =>
  levelOfTrain(marks.reduce((most, { train }) => Math.max(most, train), Number.NEGATIVE_INFINITY));
