// The places that the links of a folder may lead to: into itself, and, in a download cache, to where the cache keeps what it links to.

import { realpathSync } from 'node:fs';
import nodePath, { dirname, join } from 'node:path';
import { isBelow } from './contained.ts';

/**
 * Real paths: the folder itself; for a snapshot in the Hub's cache also the blobs that its links point at, of the
 * repository or shared by all.
 */
export function linkTargets(folder: string): readonly string[] {
  const root = realpathSync(folder);
  const cached = /^(.*[/\\](?:models|datasets)--[^/\\]+)[/\\]snapshots[/\\][^/\\]+/.exec(root);
  return cached ? [root, join(cached[1]!, 'blobs'), join(dirname(cached[1]!), 'blobs')] : [root];
}

/** Whether a real path lies in one of them. */
export const isLinkTarget = (targets: readonly string[], realPath: string): boolean =>
  targets.some((target) => realPath !== target && isBelow(nodePath, target, realPath));
