// The log of the detector Simian, one a shard: blocks of places that hold the same lines. Every block counts,
// the last one too, and what is a sample's place is told by the whole name of its file.

import { basename } from 'node:path';
import { forJson } from '../../../guard/text/for-json.ts';
import { shorten } from '../../../guard/text/shorten.ts';
import { GrowingUint32 } from '../../engine/growing-array.ts';
import { UserError } from '../../errors.ts';
import { type Fingerprints, fingerprintWords } from './fingerprints.ts';
import { isMergedName } from './layout.ts';
import { bytesOf, type ExpectedBytes, LineCursor } from './line-cursor.ts';

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

/** It, and what is in it, hold until the next is asked for. */
export interface LogBlock {
  /** Its number in `Fingerprints`. */
  readonly fingerprint: number;
  readonly nLines: number;
  readonly places: LogPlaces;
}

/** The files that logs name, numbered as they come. */
export class LogFiles {
  readonly #files: LogFile[] = [];
  readonly #numbers = new Map<string, number>();

  at(number: number): LogFile {
    return this.#files[number]!;
  }

  /** The last parts of their paths, in order of their numbers. */
  names(): readonly string[] {
    return this.#files.map(({ name }) => name);
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
  fingerprints: Fingerprints,
): Generator<LogBlock> {
  const numbers = () => new GrowingUint32();
  const places: LogPlaces = { firstLines: numbers(), lastLines: numbers(), files: numbers() };
  const recent = new RecentFiles(files);
  const block = { fingerprint: 0, nLines: 0, places };
  const begins: BlockStart = { nLines: 0, words: fingerprintWords() };
  let isOpen = false;
  for (const piece of pieces) {
    const cursor = new LineCursor(piece);
    while (!cursor.isAtEnd) {
      if (isOpen && passPlace(cursor, recent, places)) continue;
      if (!passStart(cursor, begins)) {
        const line = cursor.line();
        if (!isStart(line, path, begins)) {
          if (isOpen) keepPlace(line, path, recent, places);
          continue;
        }
      }
      if (isOpen) yield block;
      isOpen = true;
      block.fingerprint = fingerprints.numberOf(begins.words);
      block.nLines = begins.nLines;
      for (const column of [places.firstLines, places.lastLines, places.files]) column.truncate(0);
    }
  }
  if (isOpen) yield block;
}

/** What the first line of a block says. */
interface BlockStart {
  nLines: number;
  readonly words: Uint32Array;
}

const FOUND = bytesOf('Found ');
const WITH = bytesOf(' duplicate lines with fingerprint ');
const FOLLOWING = bytesOf(' in the following files:\n');
const BETWEEN = bytesOf(' Between lines ');
const AND = bytesOf(' and ');
/** More than any file has. */
const MAX_LINE = 2 ** 32 - 1;

/** A block's first line as it is nearly always; false, and nothing is passed, for any other line. */
function passStart(cursor: LineCursor, start: BlockStart): boolean {
  const { at } = cursor;
  if (cursor.passes(FOUND)) {
    start.nLines = cursor.number();
    const isNamed = start.nLines > 0 && cursor.passes(WITH) && cursor.fingerprint(start.words);
    if (isNamed && cursor.passes(FOLLOWING)) return true;
  }
  cursor.at = at;
  return false;
}

/** A place as it is nearly always. */
function passPlace(cursor: LineCursor, recent: RecentFiles, places: LogPlaces): boolean {
  const { at } = cursor;
  if (cursor.passes(BETWEEN)) {
    const firstLine = cursor.number();
    const lastLine = firstLine > 0 && cursor.passes(AND) ? cursor.number() : -1;
    if (lastLine >= firstLine && lastLine <= MAX_LINE) {
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

function isStart(line: string, path: string, start: BlockStart): boolean {
  const [, nLines, fingerprint] = blockStart.exec(line) ?? [];
  if (fingerprint === undefined) return false;
  start.nLines = Number(nLines);
  if (start.nLines < 1 || !Number.isSafeInteger(start.nLines)) throw countsNothing(path, line);
  new LineCursor(Buffer.from(fingerprint.toLowerCase(), 'latin1')).fingerprint(start.words);
  return true;
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

/** The last two files that a log named, in the words with which it ends its lines: one place after the other is in the same. */
class RecentFiles {
  readonly #files: LogFiles;
  #last: { readonly end: ExpectedBytes; readonly number: number } = { end: bytesOf('\n'), number: -1 };
  #before = this.#last;

  constructor(files: LogFiles) {
    this.#files = files;
  }

  /** Moves behind what names the file, to the line's end; -1 where it is neither of the two. */
  pass(cursor: LineCursor): number {
    if (cursor.passes(this.#last.end)) return this.#last.number;
    if (!cursor.passes(this.#before.end)) return -1;
    [this.#last, this.#before] = [this.#before, this.#last];
    return this.#last.number;
  }

  note(path: string): number {
    this.#before = this.#last;
    this.#last = { end: bytesOf(` in ${path}\n`), number: this.#files.numberOf(path) };
    return this.#last.number;
  }
}

const countsNothing = (path: string, line: string) =>
  new UserError(`${path} says ${forJson(shorten(line, SHOWN_CHARACTERS))}, which are no lines of a file`, {
    action: 'The log is damaged: bring it whole.',
  });

const SHOWN_CHARACTERS = 60;

/** The line that begins a block. */
export const blockHead = (block: { readonly fingerprint: string; readonly nLines: number }): string =>
  `Found ${block.nLines} duplicate lines with fingerprint ${block.fingerprint} in the following files:`;

/** The first part of a block's other lines; ` in `, the path and the line end follow. */
export const blockPlace = (firstLine: number, lastLine: number): string =>
  ` Between lines ${firstLine} and ${lastLine}`;
