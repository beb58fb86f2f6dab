// Which package index the user's settings for pip name. Its files are read here and pip is not asked: Python, started for
// that, would run whatever `pip.py` lies in the folder that it is started in.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The index that pip is set to use, or null where nothing says so. */
export function configuredIndex(environment: NodeJS.ProcessEnv = process.env): string | null {
  if (environment.PIP_INDEX_URL) return environment.PIP_INDEX_URL;
  for (const file of settingsFiles(environment)) {
    const index = readIndex(file);
    if (index !== null) return index;
  }
  return null;
}

/** In pip's own order, the one that counts most first. */
function settingsFiles(environment: NodeJS.ProcessEnv): readonly string[] {
  const { PIP_CONFIG_FILE, VIRTUAL_ENV, XDG_CONFIG_HOME, XDG_CONFIG_DIRS } = environment;
  // With `os.devnull` there are no settings at all.
  if (PIP_CONFIG_FILE === '/dev/null') return [];
  const home = environment.HOME ?? homedir();
  return [
    ...(PIP_CONFIG_FILE ? [PIP_CONFIG_FILE] : []),
    ...(VIRTUAL_ENV ? [join(VIRTUAL_ENV, 'pip.conf')] : []),
    join(XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    '/etc/pip.conf',
    ...(XDG_CONFIG_DIRS || '/etc/xdg').split(':').map((folder) => join(folder, 'pip', 'pip.conf')),
  ];
}

/** `index-url` of the section `[global]`, in the form of Python's configparser. */
function readIndex(file: string): string | null {
  let section = '';
  for (const line of readText(file).split(/\r?\n/)) {
    section = /^\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const [, value] = /^index[-_]url\s*[=:]\s*(.*)$/i.exec(line) ?? [];
    if (section === 'global' && value) return value.trim();
  }
  return null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It is not there, or not for this user.
  }
}
