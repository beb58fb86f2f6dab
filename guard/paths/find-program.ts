// Finds programs of the system. Windows looks for a bare name in the working folder first, which may be a stranger's: there
// a program is looked for in the folders of PATH alone.

import { existsSync } from 'node:fs';
import { win32 } from 'node:path';

export interface ProgramPlaces {
  readonly platform: string;
  /** The variables of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

const here: ProgramPlaces = { platform: process.platform, env: process.env, exists: existsSync };

/** What to start for a bare name. Where Windows has it nowhere, a path at which nothing is, so that starting it says so. */
export function findProgram(name: string, { platform, env, exists }: ProgramPlaces = here): string {
  if (platform !== 'win32') return name;
  const folders = (env.PATH ?? '').split(';').map((folder) => folder.replaceAll('"', ''));
  const system = win32.join(env.SystemRoot ?? 'C:\\Windows', 'System32');
  const paths = [...folders.filter(isFullPath), system].map((folder) => win32.join(folder, `${name}.exe`));
  return paths.find(exists) ?? paths.at(-1)!;
}

/** With its drive or share: `\x` is on the drive of the working folder. */
const isFullPath = (folder: string): boolean => /^([A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(folder);
