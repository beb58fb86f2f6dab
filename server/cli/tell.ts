// What the command says to people: notes and results on standard error, a line each. Paths, names and messages in
// them may be those of others, so that a terminal gets all of it encoded.

import { inspect } from 'node:util';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { shorten } from '../../guard/text/shorten.ts';

/** In characters: what is wrong with a file may be as long as the file. */
const MAX_LINE = 4000;

export function tell(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${shorten(forTerminal(line), MAX_LINE)}\n`).join(''));
}

export function tellBug(error: unknown): void {
  tell('verbatim: this is a bug in Verbatim, please report it with the lines below');
  tell(...inspect(error).split('\n'));
}
