// Files that belong together and are links to elsewhere, as download caches keep them: the runtime refuses data
// behind a link that leads out of the model's folder, so they are brought into one folder of the user's cache.

import { copyFile, link, lstat, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { EnvironmentError } from '../../errors.ts';
import { writeWhole } from '../../write-whole.ts';

/** A folder in which all of them are real files: `dir` itself where they are. `digest` is that of their content. */
export async function folderOfFiles(dir: string, names: readonly string[], digest: string): Promise<string> {
  const facts = await Promise.all(names.map((name) => lstat(join(dir, name))));
  if (names.length < 2 || !facts.some((fact) => fact.isSymbolicLink())) return dir;
  const folder = join(cacheFolder(), 'exported', digest);
  try {
    for (const name of names) await bring(await realpath(join(dir, name)), join(folder, name));
  } catch (cause) {
    throw new EnvironmentError(`The model cannot be linked into ${folder}: ${(cause as Error).message}`, {
      action: 'Free some space there, or set XDG_CACHE_HOME to another folder.',
      cause,
    });
  }
  return folder;
}

/** Gives the file a second name, which takes no space; on another disk it has to be a copy. */
async function bring(from: string, to: string): Promise<void> {
  const [wanted, before] = [await stat(from), await stat(to).catch(() => null)];
  if (before?.size === wanted.size) return;
  await writeWhole(to, (draft) => link(from, draft).catch(() => copyFile(from, draft)));
}
