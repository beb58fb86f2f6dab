// The Hub's cache on disk, in the layout of Hugging Face's own library: `models--owner--name/` with `blobs/`
// named by content, `snapshots/<commit>/` of links to them and `refs/` from revisions to commits. What
// either side downloaded, the other finds.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { HubSettings } from '../hub-settings.ts';
import { writeWhole } from '../write-whole.ts';

export interface HubRepository {
  readonly kind: 'model' | 'dataset';
  /** `owner/name` */
  readonly repository: string;
}

function repositoryFolder(settings: HubSettings, { kind, repository }: HubRepository): string {
  return join(settings.cacheFolder, `${kind}s--${repository.split('/').join('--')}`);
}

export const snapshotFolder = (settings: HubSettings, repo: HubRepository, commit: string): string =>
  join(repositoryFolder(settings, repo), 'snapshots', commit);

export const blobPath = (settings: HubSettings, repo: HubRepository, etag: string): string =>
  join(repositoryFolder(settings, repo), 'blobs', etag);

/** Whether the file of a snapshot is there, whole. */
export function hasFile(path: string, nBytes: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size === nBytes;
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** The commit that a revision last stood for; undefined when nobody asked for it yet. */
export function cachedCommit(
  settings: HubSettings,
  repo: HubRepository,
  revision: string,
): string | undefined {
  if (isCommit(revision)) return revision;
  const path = join(repositoryFolder(settings, repo), 'refs', ...revision.split('/'));
  if (!existsSync(path)) return undefined;
  const commit = readFileSync(path, 'utf8').trim();
  return isCommit(commit) ? commit : undefined;
}

export async function writeRef(
  settings: HubSettings,
  repo: HubRepository,
  revision: string,
  commit: string,
): Promise<void> {
  if (isCommit(revision) || revision.split('/').includes('..')) return;
  const path = join(repositoryFolder(settings, repo), 'refs', ...revision.split('/'));
  if (existsSync(path) && readFileSync(path, 'utf8') === commit) return;
  await writeWhole(path, (draft) => writeFile(draft, commit));
}

/** Makes a blob appear in a snapshot: a relative link, or a copy where links are not allowed. */
export async function linkSnapshot(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = relative(dirname(path), blob);
  try {
    await symlink(target, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      const isSame = (await readlink(path).catch(() => null)) === target;
      if (isSame) return;
      await rm(path);
      await linkSnapshot(blob, path);
    } else if (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP') {
      await copyFile(blob, path);
    } else throw error;
  }
}
