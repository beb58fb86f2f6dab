// The folder that an export is written into. It may be a stranger's, and so may the study: neither a link in the one nor
// a name in the other leads a write out of it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { containedPath } from '../../../guard/paths/contained.ts';
import { refuseRelativePath } from '../../../guard/paths/file-name.ts';
import { UserError } from '../../errors.ts';
import { openTextWriter, type TextWriter } from './text-writer.ts';

export class ExportFolder {
  readonly root: string;

  /** Makes the folder; throws what the operating system says where it cannot be one. */
  constructor(root: string) {
    mkdirSync(join(root, '.'), { recursive: true });
    this.root = root;
  }

  /** The path below the folder, for a name that a study gives: it may hold folders of its own. */
  named(below: string, name: string): string {
    const refusal = refuseRelativePath(name);
    if (refusal === undefined) return join(this.root, below, name);
    throw new UserError(`The study’s run is called ${name}, which ${refusal}: no folder is made of it`, {
      action: 'Take the study from somewhere else, or export it from where it was made.',
    });
  }

  write(path: string, content: string | Uint8Array): void {
    const file = this.#inside(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** `heldBytes` are held in memory until they are written. */
  open(path: string, heldBytes?: number): TextWriter {
    return openTextWriter(this.#inside(path), heldBytes);
  }

  #inside(path: string): string {
    const real = containedPath(this.root, path);
    if (real !== undefined) return real;
    throw new UserError(`${path} is a link that leads out of ${this.root}, or nowhere`, {
      action: 'Remove it, or choose another folder with --to.',
    });
  }
}
