// The log of the detector Simian, one a shard: blocks of places that hold the same lines. Every block counts,
// the last one too, and what is a sample's place is told by the whole name of its file.

import { basename } from 'node:path';
import { forJson } from '../../../guard/text/for-json.ts';
import { shorten } from '../../../guard/text/shorten.ts';
import { GrowingUint32 } from '../../engine/growing-array.ts';
import { UserError } from '../../errors.ts';
import { isMergedName } from './layout.ts';
import { bytesOf, LineCursor } from './line-cursor.ts';

export interface LogFile {
  readonly path: string;
  /** The last part of it. */
  readonly name: string;
  readonly side: 'samples' | 'train';
}

/** Plain numbers, because there are millions. Lines are 1-based, inclusive, in the merged file or in the training file. */
export interface LogPlaces {
  readonly firstLines: GrowingUint32;
  readonly lastLines: GrowingUint32;
  /** Their numbers in `LogFiles`. */
  readonly files: GrowingUint32;
}

export interface LogBlock {
  readonly fingerprint: string;
  readonly nLines: number;
  /** Hold until the next block is asked for. */
  readonly places: LogPlaces;
}

/** The files that logs name, numbered as they come. */
export class LogFiles {
  readonly #files: LogFile[] = [];
  readonly #numbers = new Map<string, number>();

  at(number: number): LogFile {
    return this.#files[number]!;
  }

  numberOf(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    // Copied, because a part of a string keeps the whole alive.
    const own = Buffer.from(path, 'latin1').toString('latin1');
    const name = basename(own.replaceAll('\\', '/'));
    this.#numbers.set(own, this.#files.length);
    return this.#files.push({ path: own, name, side: isMergedName(name) ? 'samples' : 'train' }) - 1;
  }
}

/**
 * Blocks in order. Lines that are neither a block's nor a place's (the summary) are passed over. `pieces` hold whole lines; `path`
 * is for the errors about numbers that count nothing.
 */
export function* parseSimianLog(
  path: string,
  pieces: Iterable<Buffer>,
  files: LogFiles,
): Generator<LogBlock> {
  const numbers = () => new GrowingUint32();
  const places: LogPlaces = { firstLines: numbers(), lastLines: numbers(), files: numbers() };
  const recent = new RecentFiles(files);
  let open: Omit<LogBlock, 'places'> | undefined;
  for (const piece of pieces) {
    const cursor = new LineCursor(piece);
    while (!cursor.isAtEnd) {
      if (open && passPlace(cursor, recent, places)) continue;
      const start = passStart(cursor);
      const line = start ? '' : cursor.line();
      const next = start ?? startIn(line, path);
      if (next) {
        if (open) yield { ...open, places };
        open = next;
        for (const column of Object.values(places)) column.truncate(0);
      } else if (open) keepPlace(line, path, recent, places);
    }
  }
  if (open) yield { ...open, places };
}

const FOUND = bytesOf('Found ');
const WITH = bytesOf(' duplicate lines with fingerprint ');
const FOLLOWING = bytesOf(' in the following files:\n');
const BETWEEN = bytesOf(' Between lines ');
const AND = bytesOf(' and ');
const IN = bytesOf(' in ');
const FINGERPRINT_DIGITS = 32;
/** More than any file has. */
const MAX_LINE = 2 ** 32 - 1;

/** A block's first line as it is nearly always; undefined, and nothing is passed, for any other line. */
function passStart(cursor: LineCursor): Omit<LogBlock, 'places'> | undefined {
  const { at } = cursor;
  if (cursor.passes(FOUND)) {
    const nLines = cursor.number();
    const fingerprint = nLines > 0 && cursor.passes(WITH) ? cursor.hex(FINGERPRINT_DIGITS) : undefined;
    if (fingerprint !== undefined && cursor.passes(FOLLOWING)) return { nLines, fingerprint };
  }
  cursor.at = at;
  return undefined;
}

/** A place as it is nearly always. */
function passPlace(cursor: LineCursor, recent: RecentFiles, places: LogPlaces): boolean {
  const { at } = cursor;
  if (cursor.passes(BETWEEN)) {
    const firstLine = cursor.number();
    const lastLine = firstLine > 0 && cursor.passes(AND) ? cursor.number() : -1;
    if (lastLine >= firstLine && lastLine <= MAX_LINE && cursor.passes(IN)) {
      const file = recent.pass(cursor);
      if (file >= 0) {
        push(places, firstLine, lastLine, file);
        return true;
      }
    }
  }
  cursor.at = at;
  return false;
}

const blockStart = /^Found (\d+) duplicate lines with fingerprint ([0-9a-fA-F]{32}) in the following files:/;
const placeLine = /^ ?Between lines (\d+) and (\d+) in (.+?)\r?$/;

function startIn(line: string, path: string): Omit<LogBlock, 'places'> | undefined {
  const start = blockStart.exec(line);
  if (!start) return undefined;
  const nLines = Number(start[1]);
  if (nLines < 1 || !Number.isSafeInteger(nLines)) throw countsNothing(path, line);
  return { nLines, fingerprint: start[2]!.toLowerCase() };
}

function keepPlace(line: string, path: string, recent: RecentFiles, places: LogPlaces): void {
  const place = placeLine.exec(line);
  if (!place) return;
  const [firstLine, lastLine] = [Number(place[1]), Number(place[2])];
  if (firstLine < 1 || lastLine < firstLine || lastLine > MAX_LINE) throw countsNothing(path, line);
  push(places, firstLine, lastLine, recent.note(place[3]!));
}

function push(
  { firstLines, lastLines, files }: LogPlaces,
  firstLine: number,
  lastLine: number,
  file: number,
) {
  firstLines.push(firstLine);
  lastLines.push(lastLine);
  files.push(file);
}

/** The last two files that a log named, as it ends its lines with them: one place after the other is in the same. */
class RecentFiles {
  readonly #files: LogFiles;
  #last = { end: bytesOf('\n'), number: -1 };
  #before = this.#last;

  constructor(files: LogFiles) {
    this.#files = files;
  }

  /** Moves behind the file's path and the line's end; -1 where it is neither of the two. */
  pass(cursor: LineCursor): number {
    if (cursor.passes(this.#last.end)) return this.#last.number;
    if (!cursor.passes(this.#before.end)) return -1;
    [this.#last, this.#before] = [this.#before, this.#last];
    return this.#last.number;
  }

  note(path: string): number {
    this.#before = this.#last;
    this.#last = { end: bytesOf(`${path}\n`), number: this.#files.numberOf(path) };
    return this.#last.number;
  }
}

const countsNothing = (path: string, line: string) =>
  new UserError(`${path} says ${forJson(shorten(line, SHOWN_CHARACTERS))}, which are no lines of a file`, {
    action: 'The log is damaged: bring it whole.',
  });

const SHOWN_CHARACTERS = 60;

/** The line that begins a block. */
export const blockHead = ({ nLines, fingerprint }: Pick<LogBlock, 'fingerprint' | 'nLines'>): string =>
  `Found ${nLines} duplicate lines with fingerprint ${fingerprint} in the following files:`;

/** The first part of a block's other lines; ` in `, the path and the line end follow. */
export const blockPlace = (firstLine: number, lastLine: number): string =>
  ` Between lines ${firstLine} and ${lastLine}`;
