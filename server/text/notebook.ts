// A notebook's cells as the text that their author wrote: sources alone, without what running them printed.

import { decodeText } from './decode-text.ts';
import { bytesOfString } from './text-strings.ts';

/** The cells one behind the other, a blank line between them; undefined for what is no notebook. */
export function notebookText(bytes: Uint8Array): Uint8Array | undefined {
  const sources = readSources(bytes, (json) => json)?.map((source) => source.map(textOfPiece).join(''));
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
  const sources = readSources(bytes, withLines);
  if (!sources) return undefined;
  const texts: string[] = [];
  const linesOfFile: number[] = [];
  let line = 1;
  for (const source of sources) {
    const pieces = source.map((piece): PlacedPiece => {
      // What is no string has no line of its own.
      if (typeof piece !== 'string') return { text: textOfPiece(piece), line };
      const end = piece.indexOf(AFTER_LINE);
      line = Number(piece.slice(0, end));
      return { text: piece.slice(end + 1), line };
    });
    const text = pieces.map((piece) => piece.text).join('');
    if (text === '') continue;
    const last = linesOfFile.at(-1);
    if (last !== undefined) linesOfFile.push(last);
    texts.push(text);
    for (const begin of linesOfPieces(pieces, text)) linesOfFile.push(begin);
  }
  return { text: bytesOfString(texts.join(BETWEEN_CELLS)), linesOfFile };
}

interface PlacedPiece {
  readonly text: string;
  readonly line: number;
}

type Piece = string | number | boolean | null;

const textOfPiece = (piece: Piece): string => (piece === null ? '' : String(piece));

const BETWEEN_CELLS = '\n\n';

/** The pieces of each cell's source. */
function readSources(
  bytes: Uint8Array,
  toParse: (json: string) => string,
): readonly (readonly Piece[])[] | undefined {
  let notebook: unknown;
  try {
    notebook = JSON.parse(toParse(new TextDecoder().decode(decodeText(bytes))));
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
  const sources = all?.map((cell: unknown): readonly unknown[] => {
    const { source, input } = asObject(cell);
    const lines = source ?? input ?? '';
    return Array.isArray(lines) ? lines : [lines];
  });
  return sources?.every((source) => source.every(isPiece)) ? (sources as Piece[][]) : undefined;
}

const isPiece = (value: unknown): boolean => value === null || typeof value !== 'object';

const AFTER_LINE = ':';
const MAX_PIECES = 1 << 14;

/**
 * The JSON with each string value led by the line that it stands in: what parses it sees where, whatever the order of
 * keys and the depth. What is no JSON stays none.
 */
function withLines(json: string): string {
  const afterKey = /[ \t\r\n]*:/y;
  let written = '';
  const pieces: string[] = [];
  let line = 1;
  let from = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '\n') line++;
    if (char !== '"') continue;
    const start = at + 1;
    for (at = start; at < json.length && json[at] !== '"'; at++) if (json[at] === '\\') at++;
    afterKey.lastIndex = at + 1;
    if (afterKey.test(json)) continue;
    pieces.push(json.slice(from, start), `${line}${AFTER_LINE}`);
    from = start;
    // Many short strings are not all held as pieces.
    if (pieces.length >= MAX_PIECES) written += pieces.splice(0).join('');
  }
  return written + pieces.join('') + json.slice(from);
}

/** For each line of a cell, whose pieces are mostly lines, that of the piece that it begins in. */
function* linesOfPieces(pieces: readonly PlacedPiece[], text: string): Generator<number> {
  let piece = 0;
  let end = pieces[0]!.text.length;
  const lineAt = (at: number): number => {
    while (at >= end && piece < pieces.length - 1) end += pieces[++piece]!.text.length;
    return pieces[piece]!.line;
  };
  yield lineAt(0);
  for (const { 0: lineEnd, index } of text.matchAll(/\r\n|\r|\n/g)) yield lineAt(index + lineEnd.length);
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
