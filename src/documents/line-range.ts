// Turns raw 1-based lines of the protocol into VS Code's 0-based ranges.

import { Range } from 'vscode';
import type { TextRange } from '../../protocol/fragments.ts';

/** Covers whole lines: VS Code cuts the end to the line's true length. */
export function lineRange({ firstLine, lastLine }: TextRange): Range {
  return new Range(Math.max(0, firstLine - 1), 0, Math.max(0, lastLine - 1), Number.MAX_SAFE_INTEGER);
}
