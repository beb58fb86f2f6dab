// Tells which files were opened since a moment: their access times are set back, and a read sets them again (also where
// the system updates them as rarely as it may, since they lie before the last change).

import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

const LONG_AGO_S = 9.8e8;

export class WatchedFiles {
  readonly #folders: readonly string[];
  #names: readonly string[] = [];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** From here on. */
  watch(): void {
    this.#names = this.#list();
    for (const name of this.#names) utimesSync(name, LONG_AGO_S, statSync(name).mtimeMs / 1000);
  }

  /** Files that were read, made or removed since. */
  touched(): readonly string[] {
    const now = this.#list();
    const read = this.#names.filter((name) => {
      const stats = statSync(name, { throwIfNoEntry: false });
      return stats !== undefined && stats.atimeMs / 1000 > LONG_AGO_S + 1;
    });
    const changed = [...now, ...this.#names].filter(
      (name) => !now.includes(name) || !this.#names.includes(name),
    );
    return [...new Set([...read, ...changed])];
  }

  /** Listing a folder and asking for times opens no file. */
  #list(): readonly string[] {
    return this.#folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
  }
}
