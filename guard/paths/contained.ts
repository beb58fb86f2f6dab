// Whether a path stays inside a folder, told by where it really leads. Every test of that kind goes through here:
// comparing the text of two paths is wrong for links, for `..`, for a file system's root and on Windows.

import { lstatSync, realpathSync } from 'node:fs';
import nodePath, { type PlatformPath } from 'node:path';
import { isWindowsDevice } from './file-name.ts';

/**
 * The real path of `path`, if that is `root` or lies below it; otherwise undefined. A relative path is meant from
 * `root`. Open what is returned, not what was asked: it holds no link. A file that does not exist yet lies where the
 * nearest folder that does exist lies.
 */
export function containedPath(root: string, path: string): string | undefined {
  const target = nodePath.resolve(root, path);
  if (!couldBeInside(nodePath, root, target, path)) return undefined;
  const realRoot = realPathOf(nodePath.resolve(root));
  const realTarget = realPathOf(target);
  if (realRoot === undefined || realTarget === undefined) return undefined;
  // `link/..` is the folder of the link to a program, and the folder of its target to the operating system.
  if (hasParentStep(nodePath, path) && realPathOf(asWritten(root, path)) !== realTarget) return undefined;
  return isBelow(nodePath, realRoot, realTarget) ? realTarget : undefined;
}

/** Whether `path` really is `root` or lies below it, as `containedPath` says. */
export const contained = (root: string, path: string): boolean => containedPath(root, path) !== undefined;

/**
 * Whether `path` surely leads out of `root`. It is not the contrary of `contained`: of a path of which nobody can say
 * where it leads, neither is true.
 */
export function surelyOutside(root: string, path: string): boolean {
  const target = nodePath.resolve(root, path);
  const realRoot = realPathOf(nodePath.resolve(root));
  if (realRoot === undefined || !canBeTold(nodePath, root, target, path)) return false;
  // A way up through a link leads to two places, and both have to be outside.
  const ways = hasParentStep(nodePath, path) ? [target, asWritten(root, path)] : [target];
  return ways.map(realPathOf).every((real) => real !== undefined && !isBelow(nodePath, realRoot, real));
}

/**
 * Whether one absolute path is the other or lies below it, by their text: both must be real paths. The drive or share
 * of a Windows path has no case.
 */
export function isBelow(flavour: PlatformPath, root: string, target: string): boolean {
  const from = flavour.parse(root).root;
  const to = flavour.parse(target).root;
  if (from.toLowerCase() !== to.toLowerCase()) return false;
  const rootRest = withoutSeparatorAtEnd(flavour, root.slice(from.length));
  const targetRest = withoutSeparatorAtEnd(flavour, target.slice(to.length));
  return rootRest === '' || targetRest === rootRest || targetRest.startsWith(rootRest + flavour.sep);
}

/**
 * Refuses without touching the disk. On Windows even looking at `\\host\share` sends the account's name to that
 * host, and `NUL`, `COM1` or `\\.\` are devices in every folder.
 */
export function couldBeInside(flavour: PlatformPath, root: string, target: string, asked: string): boolean {
  if (root === '' || asked === '' || `${root}${asked}`.includes('\0')) return false;
  if (flavour.sep === '/') return true;
  if (/^[\\/]{2}[.?][\\/]/.test(asked)) return false;
  const { root: drive } = flavour.parse(target);
  if (drive.toLowerCase() !== flavour.parse(flavour.resolve(root)).root.toLowerCase()) return false;
  const names = target.slice(drive.length).split(/[\\/]/);
  return names.every((name) => !name.includes(':') && !/[. ]$/.test(name) && !isWindowsDevice(name));
}

/** Whether looking at a path is harmless and says where it leads: see `couldBeInside`, on other drives, too. */
export function canBeTold(flavour: PlatformPath, root: string, target: string, asked: string): boolean {
  const { root: drive } = flavour.parse(target);
  const isShare = /^[\\/]{2}/.test(drive);
  return couldBeInside(flavour, isShare ? root : drive, target, asked);
}

/** Undefined where nobody can say where writing there would end: a link to nothing or to itself, a locked folder. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isThere(path)) return undefined;
    const parent = nodePath.dirname(path);
    const name = nodePath.basename(path);
    const realParent = parent === path || name === '..' ? undefined : realPathOf(parent);
    return realParent === undefined ? undefined : nodePath.join(realParent, name);
  }
}

/** Whether there is something, be it a link that leads nowhere. */
const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const asWritten = (root: string, path: string) =>
  nodePath.isAbsolute(path) ? path : `${nodePath.resolve(root)}${nodePath.sep}${path}`;

const hasParentStep = (flavour: PlatformPath, path: string) =>
  path.split(flavour.sep === '/' ? '/' : /[\\/]/).includes('..');

const withoutSeparatorAtEnd = (flavour: PlatformPath, path: string) =>
  path.endsWith(flavour.sep) ? path.slice(0, -flavour.sep.length) : path;
