// What a repository holds at one commit: every file with its size and the hash of its content. A listing is
// kept, so that offline a half-downloaded corpus is known to be half.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { datasetInfo, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { isSafeRelativePath } from '../../guard/paths/file-name.ts';
import { cacheFolder } from '../cache-folder.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import type { HubSettings } from '../hub-settings.ts';
import { writeWhole } from '../write-whole.ts';
import { boundedAnswers } from './bounded-answers.ts';
import { cachedCommit, type HubRepository, isCommit, snapshotFolder, writeRef } from './hub-cache.ts';

export interface RepositoryFile {
  readonly path: string;
  readonly nBytes: number;
  /** Names the blob: SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly hash: string;
}

export interface RepositoryListing {
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  /** `cache`: nobody could be asked, and this is what another program left here; there may be more. */
  readonly source: 'hub' | 'cache';
}

export interface HubAccess {
  readonly settings: HubSettings;
  /** Null where nothing may be fetched: offline, or nobody allowed it. */
  readonly fetch: typeof fetch | null;
}

/** Asks the Hub, or, where that is not possible, what it said last. Throws `UserError` or `EnvironmentError`. */
export async function listRepository(
  { settings, fetch }: HubAccess,
  repo: HubRepository,
  revision: string,
): Promise<RepositoryListing> {
  const known = cachedCommit(settings, repo, revision);
  const kept = known === undefined ? undefined : readListing(settings, repo, known);
  // What a commit holds never changes, so its listing is not asked for twice.
  if (kept && (fetch === null || isCommit(revision))) return kept;
  if (fetch === null) {
    const files = known === undefined ? [] : listSnapshot(snapshotFolder(settings, repo, known));
    if (files.length === 0) throw notHere(settings, repo, revision);
    return { commit: known!, files, source: 'cache' };
  }
  // The token is `fetch`'s business.
  const common = { hubUrl: settings.endpoint, fetch: boundedAnswers(fetch, settings.endpoint) };
  try {
    const asked = { name: repo.repository, revision, ...common };
    const { sha } =
      repo.kind === 'model'
        ? await modelInfo({ ...asked, additionalFields: ['sha'] })
        : await datasetInfo({ ...asked, additionalFields: ['sha'] });
    const commit = String(sha);
    if (!isCommit(commit)) throw new EnvironmentError(`${settings.endpoint} does not answer as the Hub does`);
    const files: RepositoryFile[] = [];
    const designation = { type: repo.kind, name: repo.repository } as const;
    for await (const entry of listFiles({
      repo: designation,
      revision: commit,
      recursive: true,
      ...common,
    })) {
      const file = toFile(entry);
      if (file) files.push(file);
    }
    files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    await writeRef(settings, repo, revision, commit);
    const listing = { commit, files, source: 'hub' } as const;
    await writeListing(settings, repo, listing);
    return listing;
  } catch (error) {
    // What its own library trips over is another form of answer than the Hub's.
    if (error instanceof TypeError || error instanceof SyntaxError)
      throw new EnvironmentError(`${settings.endpoint} does not answer as the Hub does`, { cause: error });
    throw explain(error, settings, repo, revision);
  }
}

/** Undefined for what is no file, or none that can be kept: a repository can say of its files what it likes. */
function toFile(entry: unknown): RepositoryFile | undefined {
  const { type, path, size, oid, lfs } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const large = (lfs ?? {}) as Readonly<Record<string, unknown>>;
  const hash = large.oid ?? oid;
  const nBytes = large.size ?? size;
  if (type !== 'file' || typeof path !== 'string' || typeof hash !== 'string') return undefined;
  if (!Number.isSafeInteger(nBytes) || Number(nBytes) < 0) return undefined;
  // A path that would climb out of the cache is left out.
  if (!isSafeRelativePath(path, 'this') || !isHash(hash)) return undefined;
  return { path, nBytes: Number(nBytes), hash };
}

/** Files are kept under their hash, so a hash that is none could name another file. */
export const isHash = (hash: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash);

/** The files of a snapshot that are there; links to blobs that are gone are left out. */
function listSnapshot(folder: string): RepositoryFile[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true }).map((path) => String(path).split(sep).join('/'));
  return paths.sort().flatMap((path) => {
    const stat = statSync(join(folder, path), { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, nBytes: stat.size, hash: '' }] : [];
  });
}

/** What an error of the Hub means to a user. */
export function explain(
  error: unknown,
  settings: HubSettings,
  repo: HubRepository,
  revision: string,
): unknown {
  if (!(error instanceof HubApiError)) return error;
  const name = `${repo.repository} (${repo.kind})`;
  const { statusCode: status } = error;
  if (status === 401 || status === 403) {
    const who = settings.token === null ? 'no token is set' : 'the token gives no right to it';
    return new UserError(`${name} is gated, private or does not exist, and ${who}`, {
      action: `Accept its conditions at ${settings.endpoint}/${repo.kind === 'dataset' ? 'datasets/' : ''}${repo.repository}, and set HF_TOKEN. If you meant a path: there is none of that name here.`,
      cause: error,
    });
  }
  if (status === 404) {
    return new UserError(
      `${settings.endpoint} has no ${repo.kind} ${repo.repository} at revision ${revision}`,
      {
        action: 'Check the name and the revision. If you meant a path: there is none of that name here.',
        cause: error,
      },
    );
  }
  return new EnvironmentError(`${settings.endpoint} answered ${status} for ${name}`, {
    action: 'Try again later: the same command goes on where it stopped.',
    cause: error,
  });
}

function notHere(settings: HubSettings, repo: HubRepository, revision: string): UserError {
  const why = settings.isOffline ? 'HF_HUB_OFFLINE is set' : 'this run may not fetch anything';
  return new UserError(`${repo.repository}@${revision} is not in ${settings.cacheFolder}, and ${why}`, {
    action: settings.isOffline
      ? 'Unset HF_HUB_OFFLINE, or bring the files there on another way.'
      : 'In an editor, trust the workspace; or fetch it first with the Hub’s own tools.',
  });
}

const listingPath = (settings: HubSettings, repo: HubRepository, commit: string): string => {
  const key = createHash('sha256').update(
    JSON.stringify([settings.endpoint, repo.kind, repo.repository, commit]),
  );
  return join(cacheFolder(), 'listings', `${key.digest('hex')}.json`);
};

function readListing(
  settings: HubSettings,
  repo: HubRepository,
  commit: string,
): RepositoryListing | undefined {
  const path = listingPath(settings, repo, commit);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // written by a process that was killed: it is asked for again
  }
}

async function writeListing(
  settings: HubSettings,
  repo: HubRepository,
  listing: RepositoryListing,
): Promise<void> {
  const path = listingPath(settings, repo, listing.commit);
  await writeWhole(path, (draft) => writeFile(draft, JSON.stringify(listing)));
}
