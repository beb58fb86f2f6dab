// What git tracks among the files of a folder that is walked: by the index of the working copy that they lie in, which
// is read when an ignore file first asks for it.

import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { readTrackedFiles, type TrackedFiles } from './git-index.ts';

/** Paths are relative to the folder that is walked. */
export interface TrackedBelow {
  has(path: string): boolean;
  hasBelow(folder: string): boolean;
}

/** The working copy that a real path lies in, if it lies in one. */
export function trackedAround(root: string, onProblem: (what: string) => void): TrackedBelow | undefined {
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      const inside = relative(at, root).split(sep).join('/');
      return trackedAs(at, (path) => (inside === '' ? path : `${inside}/${path}`), onProblem);
    }
    if (dirname(at) === at) return undefined;
  }
}

/** The working copy that lies `below` the folder that is walked, which has a `/` at its end. */
export const trackedIn = (
  workingCopy: string,
  below: string,
  onProblem: (what: string) => void,
): TrackedBelow => trackedAs(workingCopy, (path) => path.slice(below.length), onProblem);

function trackedAs(
  workingCopy: string,
  rename: (path: string) => string,
  onProblem: (what: string) => void,
): TrackedBelow {
  let files: TrackedFiles | undefined;
  const load = (): TrackedFiles => {
    if (files) return files;
    const read = readTrackedFiles(workingCopy);
    if (typeof read === 'string') onProblem(`${read}: what its ignore files name is passed over`);
    files = typeof read === 'object' ? read : { has: () => false, hasBelow: () => false };
    return files;
  };
  return {
    has: (path) => load().has(rename(path)),
    hasBelow: (folder) => load().hasBelow(rename(folder)),
  };
}
