// Looks files up in an index, and keeps the matches that touch the chosen lines. Names out of training data are masked.

import { relative } from 'node:path';
import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedMatch, CheckedText } from '../../protocol/checked-text.ts';
import { checkText } from '../corpus-index/check-text.ts';
import type { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { throwIfAborted } from '../errors.ts';
import type { ChosenLines } from './choose-lines.ts';
import { overlaps } from './line-ranges.ts';
import { maskCheckedNames } from './mask-checked.ts';
import { BINARY, countLines, lookedUp, ofFile, readText } from './reviewed-text.ts';

export interface ReviewedMatch extends CheckedMatch {
  /** Why the baseline accepts it; null where it does not. */
  readonly accepted: string | null;
}

export interface ReviewedFile {
  /** Below the folder, or above it. */
  readonly path: string;
  readonly matches: readonly ReviewedMatch[];
  /** Too few significant lines for any match: nothing was looked up. */
  readonly isTooShort: boolean;
  /** Raw lines of what is looked up: of a notebook those of its cells. */
  readonly nLines: number;
  /** Among them, those in the matches. */
  readonly nMatchedLines: number;
}

export interface Review {
  /** Significant lines that a match has at least. */
  readonly minLines: number;
  readonly files: readonly ReviewedFile[];
  /** What was passed over and what is not verified, each once. */
  readonly notes: readonly string[];
  readonly isVerified: boolean;
}

export async function checkFiles(
  index: CorpusIndex,
  folder: string,
  chosen: ChosenLines,
  accepted: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Review> {
  const notes = new Set<string>(chosen.notes);
  const files: ReviewedFile[] = [];
  let isVerified = true;
  for (const { path, ranges, isNamed } of chosen.files) {
    throwIfAborted(signal);
    const name = relative(folder, path) || path;
    const bytes = readText(path);
    if (typeof bytes === 'string') {
      // What changed, or lies in a folder, may be pictures: they have no lines.
      if (isNamed || bytes !== BINARY) notes.add(`${name} ${bytes}`);
      continue;
    }
    const file = lookedUp(path, bytes);
    const checked = await checkText(index, file.text, { signal });
    const told = await maskCheckedNames(ofFile(checked, file));
    const isChosen = told.matches.map(({ firstLine, lastLine }) => overlaps(ranges, firstLine, lastLine));
    const matches = told.matches.filter((_, i) => isChosen[i]);
    isVerified &&= checked.isVerified;
    if (checked.nWindows > 0) for (const note of checked.notes) notes.add(rawText(note));
    files.push({
      path: name,
      matches: matches.map((match) => ({
        ...match,
        accepted: accepted.get(match.fingerprint ?? '') ?? null,
      })),
      isTooShort: checked.nWindows === 0,
      nLines: countLines(file.text),
      // Several lines of a notebook may stand in one of its file.
      nMatchedLines: linesOf(checked.matches.filter((_, i) => isChosen[i])),
    });
  }
  return { minLines: index.manifest.rule.minLines, files, notes: [...notes], isVerified };
}

function linesOf(matches: CheckedText['matches']): number {
  let n = 0;
  let last = 0;
  for (const match of matches) {
    n += Math.max(0, match.lastLine - Math.max(last, match.firstLine - 1));
    last = Math.max(last, match.lastLine);
  }
  return n;
}
