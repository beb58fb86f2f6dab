// Looks files up in an index, and keeps the matches that touch the chosen lines. Names out of training data are masked.

import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { rawText } from '../../guard/text/foreign.ts';
import type { CheckedMatch, CheckedText } from '../../protocol/checked-text.ts';
import { checkText } from '../corpus-index/check-text.ts';
import type { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { throwIfAborted } from '../errors.ts';
import { decodeText, encodingOf } from '../text/decode-text.ts';
import type { ChosenFile } from './choose-lines.ts';
import { overlaps } from './line-ranges.ts';
import { maskCheckedNames } from './mask-checked.ts';

export interface ReviewedMatch extends CheckedMatch {
  /** Why the baseline accepts it; null where it does not. */
  readonly accepted: string | null;
}

export interface ReviewedFile {
  /** Below the folder, or above it. */
  readonly path: string;
  readonly matches: readonly ReviewedMatch[];
  /** Raw lines of the file. */
  readonly nLines: number;
  readonly nMatchedLines: number;
}

export interface Review {
  readonly files: readonly ReviewedFile[];
  /** What was passed over and what is not verified, each once. */
  readonly notes: readonly string[];
  readonly isVerified: boolean;
}

const MAX_FILE_BYTES = 64 << 20;
/** A NUL among the first bytes says that a file is binary, as in git. */
const BINARY_BYTES = 8000;

export async function checkFiles(
  index: CorpusIndex,
  folder: string,
  chosen: readonly ChosenFile[],
  accepted: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Review> {
  const notes = new Set<string>();
  const files: ReviewedFile[] = [];
  let isVerified = true;
  for (const { path, ranges } of chosen) {
    throwIfAborted(signal);
    const name = relative(folder, path) || path;
    const text = readText(path);
    if (typeof text === 'string') {
      notes.add(`${name} ${text}`);
      continue;
    }
    const checked = await checkText(index, decodeText(text), { signal });
    const matches = (await maskCheckedNames(checked)).matches.filter(({ firstLine, lastLine }) =>
      overlaps(ranges, firstLine, lastLine),
    );
    isVerified &&= checked.isVerified;
    if (checked.nWindows > 0) for (const note of checked.notes) notes.add(rawText(note));
    files.push({
      path: name,
      matches: matches.map((match) => ({
        ...match,
        accepted: accepted.get(match.fingerprint ?? '') ?? null,
      })),
      nLines: countLines(text),
      nMatchedLines: checked.matches.length === matches.length ? checked.nMatchedLines : linesOf(matches),
    });
  }
  return { files, notes: [...notes], isVerified };
}

/** Why it is not looked up, as the end of a sentence. */
function readText(path: string): Uint8Array | string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'is not there';
  if (!stat.isFile()) return 'is no file';
  if (stat.size > MAX_FILE_BYTES) return `has more than ${MAX_FILE_BYTES} bytes and is passed over`;
  const bytes = readFileSync(path);
  const isBinary = encodingOf(bytes) === 'bytes' && bytes.subarray(0, BINARY_BYTES).includes(0);
  return isBinary ? 'is binary and is passed over' : bytes;
}

function countLines(text: Uint8Array): number {
  let n = 0;
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) n++;
  return text.length > 0 && text.at(-1) !== 0x0a ? n + 1 : n;
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
