// The key of a served model: out of a file that the user names, or out of the environment. It is written nowhere and stands in no message.

import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';
import { reasonOf } from '../system-failure.ts';

const MOST_BYTES = 16 << 10;

/** Null where there is none. Throws a `UserError` that names the place and not what is in it. */
export function readApiKey(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const [place, text] =
    file === undefined
      ? ['The environment variable VERBATIM_API_KEY', environment.VERBATIM_API_KEY ?? '']
      : [`The key file ${file}`, readFile(file)];
  const key = text.trim();
  if (key === '' && file === undefined) return null;
  if (key === '') throw new UserError(`${place} is empty`, { action: 'Write the key into it.' });
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UserError(`${place} holds no key: a key has letters, digits and signs, and no blank`, {
      action: 'Write the key alone into it, on one line.',
    });
  }
  return key;
}

function readFile(file: string): string {
  try {
    const descriptor = openRegularFileSync(file);
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, MOST_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new UserError(`The key file ${file} cannot be read (${reasonOf(cause)})`, {
      action: 'Check the path of --api-key-file.',
    });
  }
}
