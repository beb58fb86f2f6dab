// A small disk of its own, where the system allows to make one (it takes the right to mount).

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export interface SmallDisk {
  readonly folder: string;
  /** Gives it another size, with what is on it kept. */
  resize(nBytes: number): void;
  makeReadOnly(): void;
}

export function smallDisk(nBytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-disk-'));
  const mount = (...options: string[]) => spawnSync('mount', options).status === 0;
  const isMounted = mount('-t', 'tmpfs', '-o', `size=${nBytes}`, 'tmpfs', folder);
  let isHere = true;
  const remove = () => {
    if (isHere && isMounted) spawnSync('umount', ['-l', folder]);
    if (isHere) rmSync(folder, { recursive: true, force: true });
    isHere = false;
  };
  after(remove);
  // A test that is ended by its limit comes to no hook.
  process.once('exit', remove);
  if (!isMounted) return undefined;
  return {
    folder,
    resize: (n) => void mount('-o', `remount,size=${n}`, folder),
    makeReadOnly: () => void mount('-o', 'remount,ro', folder),
  };
}
