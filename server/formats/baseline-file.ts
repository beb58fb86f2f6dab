// Baseline files: fragments that are known and accepted, with a reason each, shared in a repository. Keys are
// sorted and each stands on a line of its own, so that version control can merge them.

import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { say } from '../../guard/text/say.ts';
import { UserError } from '../errors.ts';
import { reasonOf } from '../system-failure.ts';
import { writeWhole } from '../write-whole.ts';
import { asObject } from './text-file.ts';

export const BASELINE_NAME = '.verbatim-baseline.json';

export interface Baseline {
  /** The reason why each fragment is accepted, by fingerprint. */
  readonly accepted: ReadonlyMap<string, string>;
}

/** The reasons by fingerprint; a file that is not there accepts nothing. */
export const readAccepted = (path: string): ReadonlyMap<string, string> =>
  hasBaseline(path) ? readBaseline(path).accepted : new Map();

export function readBaseline(path: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UserError(say`The baseline ${path} cannot be read (${reasonOf(cause)})`, {
      action: 'Write one with: verbatim baseline STUDY.',
      cause,
    });
  }
  const { version, accepted } = asObject(value) ?? {};
  const entries = Object.entries(asObject(accepted) ?? { none: null });
  const isValid =
    version === 1 &&
    entries.every(([key, reason]) => /^[0-9a-f]{32}$/.test(key) && typeof reason === 'string');
  if (!isValid) {
    throw new UserError(say`${path} is no baseline of version 1`, {
      action: 'It must be {"version": 1, "accepted": {"<fingerprint>": "<reason>", …}}.',
    });
  }
  return { accepted: new Map(entries as [string, string][]) };
}

export const hasBaseline = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Somebody has reviewed each of them: a full disk, or an end in the middle, leaves what was there. */
export async function writeBaseline(path: string, { accepted }: Baseline): Promise<void> {
  const sorted = [...accepted].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `${JSON.stringify({ version: 1, accepted: Object.fromEntries(sorted) }, null, 2)}\n`;
  await writeWhole(path, (draft) => writeFile(draft, text, { flush: true }));
}
