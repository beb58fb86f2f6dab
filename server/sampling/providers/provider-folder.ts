// Names the folder of libraries that do not come with Verbatim, and reads what was put there.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What provider.json says of a folder. It is written last: a folder without it is not finished. */
export interface InstalledLibraries {
  /** The places that the libraries came from, in the words that a user would name them with. */
  readonly sources: readonly string[];
  /** SHA-256 of each library, in hex. */
  readonly digests: Readonly<Record<string, string>>;
}

/** `VERBATIM_DATA` or the user's data folder as the system has it. */
function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { VERBATIM_DATA, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  if (VERBATIM_DATA) return VERBATIM_DATA;
  const fallback =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Application Support')
      : join(homedir(), '.local', 'share');
  return join(XDG_DATA_HOME || LOCALAPPDATA || fallback, 'verbatim');
}

export const cudaFolder = (): string => join(dataFolder(), 'providers', 'cuda');

/** Null for a folder that is not there, or not finished. */
export function readInstalled(folder: string): InstalledLibraries | null {
  try {
    const { sources, digests } = JSON.parse(readFileSync(join(folder, 'provider.json'), 'utf8'));
    return Array.isArray(sources) && typeof digests === 'object' && digests !== null
      ? { sources, digests }
      : null;
  } catch {
    return null;
  }
}
