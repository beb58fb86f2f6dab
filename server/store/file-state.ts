// What a study's file is like on the disk, by which it is told whether it was written since. Knows nothing of what is in it.

import { statSync } from 'node:fs';

export interface FileState {
  /** Differs after every write, but for one that comes within the clock tick of another. */
  readonly state: string;
  /** Nothing was written for so long that whatever is written next makes another state. */
  readonly isSettled: boolean;
}

/** Some file systems note times to two seconds. */
const SETTLED_MS = 5000;

export function fileState(file: string): FileState {
  const { dev, ino, size, mtimeNs, mtimeMs, ctimeNs, ctimeMs } = statSync(file, { bigint: true });
  const log = statSync(`${file}-wal`, { bigint: true, throwIfNoEntry: false });
  // Whoever opens a study makes a log, which is empty and a moment old.
  const logged = log?.size ? [log.size, log.mtimeNs] : [];
  const last = Math.max(Number(mtimeMs), Number(ctimeMs), log?.size ? Number(log.mtimeMs) : 0);
  return {
    state: [dev, ino, size, mtimeNs, ctimeNs, ...logged].join(),
    isSettled: Date.now() - last > SETTLED_MS,
  };
}
