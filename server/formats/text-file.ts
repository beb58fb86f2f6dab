// Text files that a user names, for whatever is read out of them: what the system refuses, and what is no text, is
// said of the file by its name.

import { say } from '../../guard/text/say.ts';
import { UserError } from '../errors.ts';
import { reasonOf } from '../system-failure.ts';
import { decodeText } from '../text/decode-text.ts';
import { parsePythonJson } from '../text/python-json.ts';
import { stringOfBytes } from '../text/text-strings.ts';
import { readNamedFile } from './named-file.ts';

/** `what` names what the file should hold, as in "The labels"; `given` are its bytes, where somebody read them already. */
export const readTextFile = (path: string, what: string, given?: Buffer): string =>
  stringOfBytes(readTextBytes(path, what, given));

/** Its bytes, of which none is replaced. */
export function readTextBytes(path: string, what: string, given?: Buffer): Buffer {
  let text: Uint8Array;
  try {
    text = decodeText(given ?? readNamedFile(path));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(say`${what} in ${path} cannot be read (${reasonOf(cause)})`, {
      action: 'Check the path.',
      cause,
    });
  }
  if (text.includes(0)) {
    throw new UserError(say`${path} is no text`, { action: `${what} are read from text files.` });
  }
  return Buffer.from(text.buffer, text.byteOffset, text.length);
}

/** `what` says what the text should be, as in "Labels are JSON lines." Numbers that are none, as Python writes them, are null. */
export function parseJson(text: string, where: string, what: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (cause) {
    throw new UserError(say`${where} is no JSON`, { action: what, cause });
  }
}

/** Null for a value that is no object, or an array. */
export const asObject = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
