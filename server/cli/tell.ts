// What the command says to people: notes and results on standard error, a line each. Paths, names and messages in
// them may be those of others, so that a terminal gets all of it encoded.

import { inspect } from 'node:util';
import { forTerminal } from '../../guard/text/for-terminal.ts';

export function tell(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${forTerminal(line)}\n`).join(''));
}

export function tellBug(error: unknown): void {
  tell('verbatim: this is a bug in Verbatim, please report it with the lines below');
  tell(...inspect(error).split('\n'));
}
