// An index while somebody changes it: one process at a time, and each change is a new manifest. Whatever a process that
// was killed left behind is named by no manifest, and the next writer removes it.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isOfIndex } from '../corpus/index-files.ts';
import { UserError } from '../errors.ts';
import { tryLock } from '../file-lock.ts';
import { isReadable, MANIFEST, type Manifest, readManifest, writeManifest } from './manifest.ts';

const LOCKED = 'index';

export class WritableIndex implements Disposable {
  readonly folder: string;
  #manifest: Manifest | undefined;
  readonly #lock: Disposable;

  /**
   * Throws a `UserError` where another process writes, where something else lies there, and where there is no index
   * yet and none is to be made.
   */
  constructor(folder: string, wanted: 'existing' | 'existing or new') {
    this.folder = folder;
    if (wanted === 'existing' && !existsSync(join(folder, MANIFEST))) throw noIndex(folder);
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder);
    const other = names.find((name) => !isOfIndex(name));
    if (other !== undefined && !names.includes(MANIFEST)) {
      throw new UserError(`${folder} holds ${other}, which is no part of an index`, {
        action: 'Choose a folder that is empty, or not there yet.',
      });
    }
    const lock = tryLock(join(folder, LOCKED));
    if (!lock) {
      throw new UserError(`Another run is writing ${folder}`, {
        action: 'Wait for it or stop it; the index can be asked meanwhile.',
      });
    }
    this.#lock = lock;
    try {
      this.#manifest = readManifest(folder);
      this.#sweep();
    } catch (error) {
      this.#lock[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }

  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Throws a `UserError` where there is none yet. */
  existing(): Manifest {
    if (this.#manifest) return this.#manifest;
    throw noIndex(this.folder);
  }

  /** From here on the index is this one. */
  replace(manifest: Manifest): void {
    // What no reader would take must not take the place of what is whole.
    if (!isReadable(manifest))
      throw new Error(`What was to become the index ${this.folder} could not be read`);
    writeManifest(this.folder, manifest);
    this.#manifest = manifest;
    this.#sweep();
  }

  /** A folder for what lies on the disk until the next manifest. */
  spillFolder(): string {
    return mkdtempSync(join(this.folder, 'spill-'));
  }

  /** Who reads a segment that was replaced holds it open, and reads on. */
  #sweep(): void {
    const named = new Set(this.#manifest?.segments.map(({ file }) => file));
    for (const name of readdirSync(this.folder)) {
      if (!/^(draft|spill|segment)-/.test(name) || named.has(name)) continue;
      // Windows does not remove what is read: the next writer tries again.
      try {
        rmSync(join(this.folder, name), { recursive: true, force: true });
      } catch {}
    }
  }
}

export const noIndex = (folder: string): UserError =>
  new UserError(`${folder} holds no index`, {
    action: `Build one: verbatim index build --corpus PATH --to ${folder}`,
  });
