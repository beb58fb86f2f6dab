// Files of weights that are read at many places: each is opened once.

import { closeSync, openSync } from 'node:fs';

export class OpenFiles {
  readonly #files = new Map<string, number>();

  /** Its number, for reading. */
  open(path: string): number {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = openSync(path, 'r');
      this.#files.set(path, file);
    }
    return file;
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
  }
}
