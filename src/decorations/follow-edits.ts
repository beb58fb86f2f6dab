// Marks in a text that is being edited: those below a change move with it, and those that it touches vanish, for
// what they cover is no longer what the model wrote. Pure.

import type { TextRange } from '../../protocol/fragments.ts';

/** Lines replaced, 1-based and inclusive, with how many lines stand there now. */
export interface LineChange extends TextRange {
  readonly nLines: number;
}

/** `changes` do not overlap and count lines of the text before any of them. */
export function followEdits<Mark extends TextRange>(
  marks: readonly Mark[],
  changes: readonly LineChange[],
): readonly Mark[] {
  return marks.flatMap((mark) => {
    let moved = 0;
    for (const { firstLine, lastLine, nLines } of changes) {
      if (lastLine < mark.firstLine) moved += nLines - (lastLine - firstLine + 1);
      else if (firstLine <= mark.lastLine) return [];
    }
    return [{ ...mark, firstLine: mark.firstLine + moved, lastLine: mark.lastLine + moved }];
  });
}

/** A change as VS Code reports it. */
interface TextChange {
  readonly range: {
    readonly start: { readonly line: number; readonly character: number };
    readonly end: { readonly line: number; readonly character: number };
  };
  readonly text: string;
}

/**
 * Whole lines put in front of a line, or behind the end of one, leave that line as it is. `place` says whether
 * the change began where its line ended.
 */
export function lineChange(
  { range: { start, end }, text }: TextChange,
  place: 'line end' | 'within',
): LineChange {
  const nLineEnds = text.split(/\r\n|\r|\n/).length - 1;
  if (start.character === 0 && end.character === 0 && (text === '' || /[\r\n]$/.test(text))) {
    return { firstLine: start.line + 1, lastLine: end.line, nLines: nLineEnds };
  }
  if (place === 'line end' && start.line === end.line && /^[\r\n]/.test(text)) {
    return { firstLine: start.line + 2, lastLine: start.line + 1, nLines: nLineEnds };
  }
  return { firstLine: start.line + 1, lastLine: end.line + 1, nLines: nLineEnds + 1 };
}
