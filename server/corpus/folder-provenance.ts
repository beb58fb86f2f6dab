// Tells where the files of a folder come from: the git repositories in it or around it, their licences, and what a
// file says of itself. Reads a few small files a folder; runs no git.

import { closeSync, existsSync, readSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { Shard } from './shard.ts';
import { licenseOfText, spdxLicense } from './spdx-license.ts';

export interface FolderProvenance {
  readonly repository: string;
  readonly license: string;
}

/** Returns what is known of a file of the folder, by its path there. */
export function describeFolder(shard: Pick<Shard, 'path'>): (path: string) => FolderProvenance {
  const known = new Map<string, FolderProvenance>();
  const around = repositoryAround(shard.path);
  const outside = {
    repository: around ? repositoryName(around) : basename(shard.path),
    license: around ? licenseIn(around) : '',
  };
  const describe = (folder: string): FolderProvenance => {
    const before = known.get(folder);
    if (before) return before;
    const path = join(shard.path, folder);
    const isRepository = existsSync(join(path, '.git'));
    const outer = folder === '.' ? outside : describe(posix.dirname(folder));
    const found = {
      repository: isRepository ? repositoryName(path) : outer.repository,
      license: licenseIn(path) || (isRepository ? '' : outer.license),
    };
    known.set(folder, found);
    return found;
  };
  return (path) => describe(posix.dirname(path));
}

/** The licence that a file states near its top, as in `SPDX-License-Identifier: MIT`. */
export function statedLicense(text: Uint8Array): string | undefined {
  const top = Buffer.from(text.buffer, text.byteOffset, Math.min(text.length, 4096));
  if (!top.includes('SPDX-License-Identifier:')) return undefined;
  const stated = /SPDX-License-Identifier:[ \t]*([\w.+() -]+)/.exec(top.toString('latin1'))?.[1];
  return stated && spdxLicense(stated.trim());
}

function repositoryAround(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** `owner/name` of the remote that it was cloned from, or the folder's name. */
function repositoryName(folder: string): string {
  const config = readStart(join(folder, '.git', 'config'));
  return ownerAndName(originUrl(config)) ?? basename(folder);
}

/** A line at a time, since an expression for the whole could read the rest of the file for each of its lines. */
function originUrl(config: string): string {
  let isOrigin = false;
  for (const line of config.split('\n').map((line) => line.trim())) {
    if (line.startsWith('[')) isOrigin = line.startsWith('[remote "origin"]');
    const url = isOrigin ? /^url\s*=\s*(\S+)/.exec(line)?.[1] : undefined;
    if (url !== undefined) return url;
  }
  return '';
}

function ownerAndName(url: string): string | undefined {
  const path = url.replace(/\/$/, '').replace(/\.git$/, '');
  const at = path.lastIndexOf('/');
  const owner = path.slice(0, at).split(/[/:]/).at(-1);
  return at > 0 && owner && at + 1 < path.length ? `${owner}/${path.slice(at + 1)}` : undefined;
}

const licenseFiles = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'LICENCE', 'COPYING'];

/** Licence that the manifest names, else the one whose text lies in the folder. */
function licenseIn(folder: string): string {
  const manifest = /"license"\s*:\s*"([^"]+)"/.exec(readStart(join(folder, 'package.json')))?.[1];
  if (manifest) return spdxLicense(manifest);
  for (const name of licenseFiles) {
    const license = licenseOfText(readStart(join(folder, name)));
    if (license) return license;
  }
  return '';
}

const START_BYTES = 64 << 10;

/** The beginning of a small file; empty when there is none. */
function readStart(path: string): string {
  if (!existsSync(path)) return '';
  try {
    const file = openRegularFileSync(path);
    try {
      const buffer = Buffer.alloc(START_BYTES);
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, START_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // What cannot be read tells nothing of where the files come from.
  }
}
