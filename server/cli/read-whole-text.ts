// A text that is looked up, as a whole: a file, or what comes in.

import { createReadStream } from 'node:fs';
import { openRegularFile } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';
import { type LookedUp, lookedUp } from '../review/reviewed-text.ts';

/** The detector numbers lines and bytes of what it holds as a whole. */
const MAX_TEXT_BYTES = 512 << 20;

/** `-` is standard input. */
export async function readWholeText(file: string): Promise<LookedUp> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  await using open = file === '-' ? undefined : await openText(file);
  const source = open
    ? open.createReadStream({ autoClose: false })
    : // A thread has no standard input of its own.
      createReadStream('', { fd: 0, autoClose: false });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    nBytes += chunk.length;
    if (nBytes > MAX_TEXT_BYTES) {
      throw new UserError(`${file === '-' ? 'The text' : file} has more than ${MAX_TEXT_BYTES} bytes`, {
        action: 'Look it up in parts, or scan for it: verbatim scan --samples.',
      });
    }
  }
  return lookedUp(file, Buffer.concat(chunks));
}

async function openText(file: string) {
  try {
    return await openRegularFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new UserError(`There is no file at ${file}`, {
      cause,
      action: 'Check the path, or give - for standard input.',
    });
  }
}
