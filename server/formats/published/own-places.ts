// The real training places of a log, as our own export notes them beside the log: the layout itself has no room for them.

import { GrowingUint32 } from '../../engine/growing-array.ts';
import { UserError } from '../../errors.ts';
import { has, listOf, parseJson, type Shape, text, whole } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { type Fingerprints, fingerprintWords } from './fingerprints.ts';
import { bytesOf, LineCursor } from './line-cursor.ts';

/** A row of training data with a match, as it is noted. */
export interface OwnDocument {
  readonly row: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

export class OwnPlaces implements Disposable {
  readonly #folder: ForeignFolder;
  readonly #log: string;
  readonly #pieces: Generator<Buffer>;
  /** Three numbers a place: row, first line, last line. */
  readonly #places = new GrowingUint32();
  readonly #fingerprints: Fingerprints;
  readonly #words = fingerprintWords();
  #cursor = new LineCursor(Buffer.of());

  /** Undefined where nothing is noted beside the log. */
  static beside(folder: ForeignFolder, log: string, fingerprints: Fingerprints): OwnPlaces | undefined {
    return folder.has(placesOf(log)) ? new OwnPlaces(folder, log, fingerprints) : undefined;
  }

  private constructor(folder: ForeignFolder, log: string, fingerprints: Fingerprints) {
    this.#fingerprints = fingerprints;
    this.#folder = folder;
    this.#log = log;
    this.#pieces = folder.pieces(placesOf(log));
  }

  *documents(): Generator<OwnDocument> {
    const path = this.#log.replace(/\.log$/, '.documents.jsonl');
    for (const piece of this.#folder.pieces(path)) {
      const cursor = new LineCursor(piece);
      while (!cursor.isAtEnd) yield passDocument(cursor) ?? readDocument(path, cursor.line());
    }
  }

  /** Gives `keep` the places of the log's next block, which has so many; it says whether one is a place. */
  next(
    fingerprint: number,
    nPlaces: number,
    keep: (row: number, firstLine: number, lastLine: number) => boolean,
  ): void {
    if (nPlaces === 0) return;
    const places = this.#places;
    let nKept = 0;
    if (this.#readNext(fingerprint)) {
      for (let i = 0; i < places.length; i += 3)
        if (keep(places.get(i), places.get(i + 1), places.get(i + 2))) nKept++;
    }
    if (nKept === nPlaces) return;
    throw new UserError(`${this.#log} does not fit the places beside it`, {
      action: 'Delete the .places.jsonl files to import without them, or bring the export whole.',
    });
  }

  [Symbol.dispose](): void {
    this.#pieces.return(undefined);
  }

  /** Whether the next line is of this fragment. */
  #readNext(fingerprint: number): boolean {
    if (this.#cursor.isAtEnd) {
      const { value, done } = this.#pieces.next();
      if (done) return false;
      this.#cursor = new LineCursor(value);
    }
    const { at } = this.#cursor;
    this.#places.truncate(0);
    if (this.#passLine(fingerprint)) return true;
    this.#cursor.at = at;
    this.#places.truncate(0);
    const noted = parseJson<BlockPlaces>(this.#cursor.line(), has(blockPlaces));
    for (const place of noted?.places ?? []) {
      if (place.every((number) => number <= MAX)) for (const number of place) this.#places.push(number);
    }
    return noted?.fingerprint === this.#fingerprints.text(fingerprint);
  }

  /** The line as our export writes it; false for any other. */
  #passLine(fingerprint: number): boolean {
    const cursor = this.#cursor;
    if (!cursor.passes(BEGIN) || !cursor.fingerprint(this.#words) || !cursor.passes(PLACES)) return false;
    if (!this.#fingerprints.is(fingerprint, this.#words)) return false;
    do {
      if (!this.#passNumber() || !cursor.passesByte(COMMA)) return false;
      if (!this.#passNumber() || !cursor.passesByte(COMMA)) return false;
      if (!this.#passNumber()) return false;
    } while (cursor.passes(BETWEEN));
    return cursor.passes(END);
  }

  #passNumber(): boolean {
    const number = this.#cursor.number();
    if (number < 0 || number > MAX) return false;
    this.#places.push(number);
    return true;
  }
}

/** A line as our export writes it nearly always; undefined, and nothing is passed, for any other. */
function passDocument(cursor: LineCursor): OwnDocument | undefined {
  const { at } = cursor;
  if (cursor.passes(ROW)) {
    const row = cursor.number();
    const repository = row >= 0 && row <= MAX && cursor.passes(REPOSITORY) ? cursor.plainText() : undefined;
    const path = repository !== undefined && cursor.passes(PATH) ? cursor.plainText() : undefined;
    const license = path !== undefined && cursor.passes(LICENSE) ? cursor.plainText() : undefined;
    if (license !== undefined && cursor.passes(END_OF_DOCUMENT))
      return { row, repository: repository!, path: path!, license };
  }
  cursor.at = at;
  return undefined;
}

const ROW = bytesOf('{"row":');
const REPOSITORY = bytesOf(',"repository":"');
const PATH = bytesOf('","path":"');
const LICENSE = bytesOf('","license":"');
const END_OF_DOCUMENT = bytesOf('"}\n');

/** `line` holds one character a byte. */
function readDocument(path: string, line: string): OwnDocument {
  const document = parseJson<OwnDocument>(Buffer.from(line, 'latin1').toString(), has(ownDocument));
  if (document !== undefined) return document;
  throw new UserError(`${path} has a line that is not a document`, { action: 'Bring the export whole.' });
}

const placesOf = (log: string) => log.replace(/\.log$/, '.places.jsonl');

const BEGIN = bytesOf('{"fingerprint":"');
const PLACES = bytesOf('","places":[[');
const COMMA = 0x2c;
const BETWEEN = bytesOf('],[');
const END = bytesOf(']]}\n');
/** Rows and lines beyond it are none. */
const MAX = 2 ** 32 - 1;

interface BlockPlaces {
  readonly fingerprint: string;
  readonly places: readonly (readonly [row: number, firstLine: number, lastLine: number])[];
}

const isPlace = listOf(whole);

const blockPlaces: Shape<BlockPlaces> = {
  fingerprint: text,
  places: listOf((place) => isPlace(place) && (place as readonly number[]).length === 3),
};

const ownDocument: Shape<OwnDocument> = {
  row: (value) => whole(value) && (value as number) <= MAX,
  repository: text,
  path: text,
  license: text,
};
