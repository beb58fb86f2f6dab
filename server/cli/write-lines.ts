// Writes lines to standard output as fast as its reader takes them: nothing is held in memory.

import { once } from 'node:events';
import { forTerminal, forTerminalPage } from '../../guard/text/for-terminal.ts';

const CHUNK_CHARACTERS = 65_536;

type Lines = Iterable<string> | AsyncIterable<string>;

/** For people: a terminal, or the log of a build, gets no line that moves its cursor. */
export const tellLines = (lines: Lines): Promise<void> => write(lines, forTerminal);

/** For programs: what is piped into one arrives as it is, and what a terminal shows is encoded for it. */
export const writeLines = (lines: Lines): Promise<void> =>
  write(lines, process.stdout.isTTY ? forTerminalPage : (line) => line);

async function write(lines: Lines, encode: (line: string) => string): Promise<void> {
  let chunk = '';
  const flush = async () => {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    chunk = '';
  };
  for await (const line of lines) {
    chunk += `${encode(line)}\n`;
    if (chunk.length > CHUNK_CHARACTERS) await flush();
  }
  await flush();
}
