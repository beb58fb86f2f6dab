// Writes lines to standard output as fast as its reader takes them: nothing is held in memory.

import { once } from 'node:events';

const CHUNK_CHARACTERS = 65_536;

export async function writeLines(lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  let chunk = '';
  const flush = async () => {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    chunk = '';
  };
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length > CHUNK_CHARACTERS) await flush();
  }
  await flush();
}
