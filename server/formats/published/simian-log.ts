// The log of the detector Simian, one a shard: blocks of places that hold the same lines. Every block counts,
// the last one too, and what is a sample's place is told by the whole name of its file.

import { basename } from 'node:path';
import { forJson } from '../../../guard/text/for-json.ts';
import { shorten } from '../../../guard/text/shorten.ts';
import { UserError } from '../../errors.ts';
import { isMergedName } from './layout.ts';

export interface LogPlace {
  /** 1-based, inclusive, in the merged file or in the training file. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly path: string;
  readonly side: 'samples' | 'train';
}

export interface LogBlock {
  readonly fingerprint: string;
  readonly nLines: number;
  readonly places: readonly LogPlace[];
}

const blockStart = /^Found (\d+) duplicate lines with fingerprint ([0-9a-fA-F]{32}) in the following files:/;
const placeLine = /^ ?Between lines (\d+) and (\d+) in (.+?)\r?$/;

/**
 * Blocks in order. Lines that are neither a block's nor a place's (the summary) are passed over. `path` is for the errors
 * about numbers that count nothing.
 */
export function* parseSimianLog(path: string, lines: Iterable<string>): Generator<LogBlock> {
  // One place after the other is in the same file.
  let file = fileOf('');
  let open: { fingerprint: string; nLines: number; places: LogPlace[] } | undefined;
  for (const line of lines) {
    const start = blockStart.exec(line);
    if (start) {
      if (open) yield open;
      const nLines = Number(start[1]);
      if (nLines < 1 || !Number.isSafeInteger(nLines)) throw countsNothing(path, line);
      open = { nLines, fingerprint: start[2]!.toLowerCase(), places: [] };
      continue;
    }
    const place = placeLine.exec(line);
    if (!place || !open) continue;
    const [firstLine, lastLine] = [Number(place[1]), Number(place[2])];
    // What is too large loses its last digits, and then is no line of any file.
    if (firstLine < 1 || lastLine < firstLine || !Number.isSafeInteger(lastLine))
      throw countsNothing(path, line);
    if (file.path !== place[3]) file = fileOf(place[3]!);
    open.places.push({ firstLine, lastLine, ...file });
  }
  if (open) yield open;
}

const countsNothing = (path: string, line: string) =>
  new UserError(`${path} says ${forJson(shorten(line, SHOWN_CHARACTERS))}, which are no lines of a file`, {
    action: 'The log is damaged: bring it whole.',
  });

const SHOWN_CHARACTERS = 60;

function fileOf(path: string): Pick<LogPlace, 'path' | 'side'> {
  return { path, side: isMergedName(basename(path.replaceAll('\\', '/'))) ? 'samples' : 'train' };
}

/** The line that begins a block. */
export const blockHead = ({ nLines, fingerprint }: Pick<LogBlock, 'fingerprint' | 'nLines'>): string =>
  `Found ${nLines} duplicate lines with fingerprint ${fingerprint} in the following files:`;

/** The first part of a block's other lines; ` in `, the path and the line end follow. */
export const blockPlace = (firstLine: number, lastLine: number): string =>
  ` Between lines ${firstLine} and ${lastLine}`;
