// Reads the text of a plan file: a file only, of a size that a plan can have, and JSON.

import { closeSync, fstatSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';
import { reasonOf } from '../system-failure.ts';

/** A plan that was copied out of a study holds all of its prompts, some ten thousands of a few hundred bytes. */
const MAX_PLAN_BYTES = 64e6;

/** The JSON value, not yet looked at. */
export function readPlanText(file: string): unknown {
  let text: string;
  try {
    text = readText(file);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unreadable(file, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function readText(file: string): string {
  const descriptor = openRegularFileSync(file);
  try {
    const { size } = fstatSync(descriptor);
    if (size > MAX_PLAN_BYTES) {
      throw new UserError(
        `${file} has ${(size / 1e6).toFixed(0)} MB, and a plan at most ${MAX_PLAN_BYTES / 1e6} MB`,
        {
          action: 'Choose a plan: a JSON object with "model" and "corpus".',
        },
      );
    }
    const bytes = new Uint8Array(size);
    let length = 0;
    for (;;) {
      const n = readSync(descriptor, bytes, length, size - length, length);
      if (n === 0) break;
      length += n;
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
}

const unreadable = (file: string, cause: unknown) =>
  new UserError(`The plan ${file} cannot be read (${reasonOf(cause)})`, {
    action: 'It must be a JSON object with "model" and "corpus".',
    cause,
  });
