// The files below a folder, as far as a quick look goes.

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const MAX_FILES = 20_000;

/** Paths relative to the folder. */
export function filesIn(folder: string): readonly string[] {
  const found: string[] = [];
  const open = [folder];
  while (open.length > 0 && found.length < MAX_FILES) {
    const here = open.pop()!;
    for (const entry of readdirSync(here, { withFileTypes: true })) {
      const path = join(here, entry.name);
      if (entry.isDirectory()) open.push(path);
      else found.push(relative(folder, path));
    }
  }
  return found;
}
