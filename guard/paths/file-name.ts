// Which names somebody else may give to a file that is written here.

import { sep } from 'node:path';

/**
 * `all`: a name that one system takes and another turns into something else (a device, a stream, a name without its
 * last dot) is refused on each. `this`: only what this system turns into something else, for names that are chosen
 * elsewhere and kept here.
 */
export type Systems = 'all' | 'this';

/** Longest name that the usual file systems take, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;

/** Why `name` cannot name a file in a folder, as the end of a sentence about it; undefined when it can. */
export function refuseFileName(name: string, systems: Systems = 'all'): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is a folder and no name';
  if (/[/\\]/.test(name)) return 'holds a separator of folders';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f-\x9f]/.test(name)) return 'holds a control character';
  if (!name.isWellFormed()) return 'is no valid Unicode';
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (systems === 'this' && sep === '/') return undefined;
  if (/[<>:"|?*]/.test(name)) return 'holds a character that Windows refuses in names (< > : " | ? *)';
  if (/[. ]$/.test(name)) return 'ends in a dot or a space';
  if (isWindowsDevice(name)) return 'names a device of Windows';
  return undefined;
}

export const isSafeFileName = (name: string, systems?: Systems): boolean =>
  refuseFileName(name, systems) === undefined;

/** Why a path below a folder is none that is safe, with `/` between its names: no way up, no drive, no root. */
export function refuseRelativePath(path: string, systems?: Systems): string | undefined {
  for (const name of path.split('/')) {
    const refusal = refuseFileName(name, systems);
    if (refusal !== undefined) return name === path ? refusal : `has a part that ${refusal}`;
  }
  return undefined;
}

export const isSafeRelativePath = (path: string, systems?: Systems): boolean =>
  refuseRelativePath(path, systems) === undefined;

/** `NUL`, `com1.txt` and their like are devices in every folder of Windows, whatever their ending. */
export const isWindowsDevice = (name: string): boolean =>
  /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i.test(name);
