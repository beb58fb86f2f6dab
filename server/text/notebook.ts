// A notebook's cells as the text that their author wrote: sources alone, without what running them printed.

import { decodeText } from './decode-text.ts';
import { bytesOfString } from './text-strings.ts';

/** The cells one behind the other, a blank line between them; undefined for what is no notebook. */
export function notebookText(bytes: Uint8Array): Uint8Array | undefined {
  const sources = readSources(bytes, JSON.parse)?.map((source) => source.map(textOfPiece).join(''));
  return sources && bytesOfString(sources.filter((source) => source !== '').join(BETWEEN_CELLS));
}

export interface PlacedNotebook {
  /** Equal to `notebookText`. */
  readonly text: Uint8Array;
  /** For each line of the text the line of the file that it is written in, 1-based. */
  readonly linesOfFile: readonly number[];
}

/** The text with where its lines stand, for whoever is shown the file itself. */
export function placedNotebook(bytes: Uint8Array): PlacedNotebook | undefined {
  const sources = readSources(bytes, parsePlaced);
  if (!sources) return undefined;
  const texts: string[] = [];
  const linesOfFile: number[] = [];
  for (const source of sources) {
    const pieces = source.map((piece) =>
      piece instanceof PlacedString ? piece : new PlacedString(textOfPiece(piece), 1),
    );
    const text = pieces.map((piece) => piece.text).join('');
    if (text === '') continue;
    const last = linesOfFile.at(-1);
    if (last !== undefined) linesOfFile.push(last);
    texts.push(text);
    for (const line of linesOfPieces(pieces)) linesOfFile.push(line);
  }
  return { text: bytesOfString(texts.join(BETWEEN_CELLS)), linesOfFile };
}

const textOfPiece = (piece: unknown): string => (piece === null ? '' : String(piece));

const BETWEEN_CELLS = '\n\n';

/** The pieces of each cell's source. */
function readSources(
  bytes: Uint8Array,
  parse: (json: string) => unknown,
): readonly (readonly unknown[])[] | undefined {
  let notebook: unknown;
  try {
    notebook = parse(new TextDecoder().decode(decodeText(bytes)));
  } catch {
    return undefined;
  }
  const { cells, worksheets } = asObject(notebook);
  // Before version 4 of the format, cells lay in worksheets and code was their input.
  const all = Array.isArray(cells)
    ? cells
    : Array.isArray(worksheets)
      ? worksheets.flatMap((sheet) => {
          const { cells: own } = asObject(sheet);
          return own ?? [];
        })
      : undefined;
  return all?.map((cell: unknown) => {
    const { source, input } = asObject(cell);
    const lines = source ?? input ?? '';
    return Array.isArray(lines) ? lines : [lines];
  });
}

class PlacedString {
  readonly text: string;
  readonly line: number;

  constructor(text: string, line: number) {
    this.text = text;
    this.line = line;
  }

  toString(): string {
    return this.text;
  }
}

/**
 * JSON with strings that know their line. Values come in the order in which they stand, each with its own source, but for
 * keys that are numbers: a value that is not found from there on is the last that is looked for.
 */
function parsePlaced(json: string): unknown {
  let at = 0;
  let line = 1;
  let isLost = false;
  const place = (_: string, value: unknown, { source }: { readonly source?: string }) => {
    if (source === undefined) return value;
    const found = isLost ? -1 : json.indexOf(source, at);
    isLost ||= found < 0;
    if (found >= 0) {
      for (let end = json.indexOf('\n', at); end >= 0 && end < found; end = json.indexOf('\n', end + 1))
        line++;
      at = found + source.length;
    }
    return typeof value === 'string' ? new PlacedString(value, line) : value;
  };
  return JSON.parse(json, place as (key: string, value: unknown) => unknown);
}

/** For each line of a cell, whose pieces are mostly lines, that of the piece that it begins in. */
function linesOfPieces(pieces: readonly PlacedString[]): readonly number[] {
  const found: number[] = [];
  let isBegun = false;
  for (const { text, line } of pieces) {
    const parts = text.split(/\r\n|\r|\n/);
    for (const [i, part] of parts.entries()) {
      if (i > 0) isBegun = false;
      // What follows the last line end begins in the next piece.
      if (isBegun || (part === '' && i === parts.length - 1)) continue;
      found.push(line);
      isBegun = true;
    }
  }
  if (!isBegun) found.push(pieces.at(-1)?.line ?? 1);
  return found;
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
