// Which paths belong to the workspace, told by where they really lead. It knows nothing of trust or of the editor.

import { isAbsolute } from 'node:path';
import { contained, surelyOutside } from '../../guard/paths/contained.ts';

export interface WorkspacePaths {
  /** Folders that the user opened. */
  readonly folders: readonly string[];
  /** The extension's own folders. They are not the workspace's even if they lie in it, as in the root of a file system. */
  readonly own: readonly string[];
}

/** Whether a path is of the workspace, or may be: where it cannot be told, it is taken to be. */
export function isOfWorkspace({ folders, own }: WorkspacePaths, path: string): boolean {
  if (folders.length === 0) return false;
  if (!isAbsolute(path)) return true;
  if (own.some((folder) => contained(folder, path))) return false;
  return !folders.every((folder) => surelyOutside(folder, path));
}

/**
 * Every absolute path in a request, however deep. Texts that a view shows are none, whatever they begin with, and what
 * is to be left closed is not opened.
 */
export function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return isAbsolute(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'text' || key === 'closed' ? [] : pathsIn(part),
  );
}
