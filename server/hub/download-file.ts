// Brings one file of the Hub into the cache: goes on where an earlier download broke off, checks size and
// hash before the file appears, and never lets two processes write the same one.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSafeRelativePath } from '../../guard/paths/file-name.ts';
import { Cancelled, EnvironmentError, throwIfAborted, UserError } from '../errors.ts';
import { tryLock } from '../file-lock.ts';
import type { HubSettings } from '../hub-settings.ts';
import {
  blobPath,
  type HubRepository,
  hasFile,
  isCommit,
  linkSnapshot,
  snapshotFolder,
} from './hub-cache.ts';
import { refusal } from './hub-error.ts';
import { isRepositoryName } from './hub-name.ts';
import { explain, isHash, type RepositoryFile } from './list-repository.ts';

/** A file of a repository at a commit, and who asks for it. */
export interface FileRequest {
  readonly settings: HubSettings;
  readonly fetch: typeof fetch;
  readonly repo: HubRepository;
  readonly commit: string;
  readonly file: RepositoryFile;
  readonly signal: AbortSignal;
}

export interface DownloadRequest extends FileRequest {
  /** Bytes that arrived since the last call, or were there already; negative when they have to come again. */
  readonly onBytes: (nBytes: number) => void;
}

/** Attempts that bring nothing before the download is given up. */
const MAX_VAIN_ATTEMPTS = 5;
const STALL_MS = 60_000;

/** Returns the file's path in the snapshot. Throws `Cancelled`, `UserError` or `EnvironmentError`. */
export async function downloadFile(request: DownloadRequest): Promise<string> {
  const { settings, repo, commit, file } = request;
  const path = join(snapshotFolder(settings, repo, commit), ...file.path.split('/'));
  refuseForeignNames(request);
  if (hasFile(path, file.nBytes)) {
    request.onBytes(file.nBytes);
    return path;
  }
  const blob = blobPath(settings, repo, file.hash);
  await mkdir(dirname(blob), { recursive: true });
  using _lock = await waitForLock(blob, request.signal);
  if (hasFile(blob, file.nBytes)) request.onBytes(file.nBytes);
  else await fetchBlob(request, blob);
  await linkSnapshot(blob, path);
  return path;
}

/** What is asked for may stand in a study file of a stranger: it must name a file of the cache and no other. */
function refuseForeignNames({ repo, commit, file }: FileRequest): void {
  const isSafe =
    isRepositoryName(repo.repository) &&
    isCommit(commit) &&
    (file.hash === '' || isHash(file.hash)) &&
    isSafeRelativePath(file.path, 'this');
  if (!isSafe) throw new UserError(`${file.path} of ${repo.repository} is no name of a file on the Hub`);
}

/** Up to `nBytes` from the start of a file, which stays out of the cache. Throws as `downloadFile` does. */
export async function fetchStart(request: FileRequest, nBytes: number): Promise<Buffer> {
  refuseForeignNames(request);
  const { file, signal } = request;
  const stall = new AbortController();
  const response = await askFor(request, `bytes=0-${nBytes - 1}`, stall.signal);
  const parts: Uint8Array[] = [];
  let nMissing = Math.min(nBytes, file.nBytes);
  let timer = setTimeout(() => stall.abort(), STALL_MS);
  try {
    for await (const chunk of response.body ?? []) {
      throwIfAborted(signal);
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), STALL_MS);
      parts.push(chunk.subarray(0, nMissing));
      nMissing -= parts.at(-1)!.length;
      // A server that knows no ranges sends the whole file.
      if (nMissing === 0) break;
    }
  } catch (cause) {
    if (cause instanceof Cancelled || signal.aborted) throw new Cancelled();
    throw stopped(request, cause);
  } finally {
    clearTimeout(timer);
  }
  if (nMissing > 0) throw stopped(request);
  return Buffer.concat(parts);
}

const stopped = ({ file, repo }: FileRequest, cause?: unknown) =>
  new EnvironmentError(`${file.path} of ${repo.repository} stops within its first bytes`, {
    action: 'Run the same command again.',
    cause,
  });

async function waitForLock(blob: string, signal: AbortSignal): Promise<Disposable> {
  const name = join(dirname(dirname(blob)), '.verbatim-locks', blob.slice(dirname(blob).length + 1));
  for (;;) {
    throwIfAborted(signal);
    const lock = tryLock(name);
    if (lock) return lock;
    await sleep(500, undefined, { signal }).catch(() => {});
  }
}

async function fetchBlob(request: DownloadRequest, blob: string): Promise<void> {
  const draft = `${blob}.incomplete`;
  for (let attempt = 1; ; attempt++) {
    const hash = await fetchWhole(request, draft);
    if (hash === request.file.hash || request.file.hash === '') break;
    request.onBytes(-request.file.nBytes);
    await rm(draft, { force: true });
    if (attempt === 2) {
      throw new EnvironmentError(
        `${request.file.path} of ${request.repo.repository} arrives damaged: its hash is wrong`,
        {
          action: 'Try again later, or tell the owners of the repository or of the mirror in HF_ENDPOINT.',
        },
      );
    }
  }
  await rename(draft, blob);
}

/** Fetches until the file has its size; returns the hash of all of it. */
async function fetchWhole(request: DownloadRequest, draft: string): Promise<string> {
  const { file, signal } = request;
  const hash = startHash(file);
  let nDone = await hashExisting(draft, file.nBytes, hash);
  request.onBytes(nDone);
  await using out = await open(draft, nDone > 0 ? 'r+' : 'w');
  let nVain = 0;
  while (nDone < file.nBytes) {
    const before = nDone;
    try {
      nDone = await fetchRest(request, out, nDone, hash);
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      if (!(error instanceof Interrupted)) throw error;
      nDone = error.nDone;
    }
    nVain = nDone > before ? 0 : nVain + 1;
    if (nVain === MAX_VAIN_ATTEMPTS) {
      throw new EnvironmentError(
        `${file.path} of ${request.repo.repository} stops at byte ${nDone} of ${file.nBytes}`,
        {
          action: 'Run the same command again: it goes on from there.',
        },
      );
    }
    if (nDone < file.nBytes) await sleep(200 * 2 ** nVain, undefined, { signal }).catch(() => {});
  }
  await out.sync();
  return hash.digest('hex');
}

/** The connection broke; what came before it is kept. */
class Interrupted extends Error {
  readonly nDone: number;

  constructor(nDone: number, cause: unknown) {
    super('The connection broke', { cause });
    this.nDone = nDone;
  }
}

async function fetchRest(
  request: DownloadRequest,
  out: FileHandle,
  from: number,
  hash: Hash,
): Promise<number> {
  const { file, signal } = request;
  const stall = new AbortController();
  const response = await askFor(request, from > 0 ? `bytes=${from}-` : null, stall.signal);
  let nDone = from;
  if (from > 0 && !isRest(response, from)) {
    // The server starts over: what is there already is read and thrown away, which keeps the hash simple.
    nDone = 0;
  }
  let timer = setTimeout(() => stall.abort(), STALL_MS);
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const chunk of response.body ?? []) {
      throwIfAborted(signal);
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), STALL_MS);
      const fresh = chunk.subarray(Math.min(chunk.length, Math.max(0, from - nDone)));
      nDone += chunk.length;
      if (nDone > file.nBytes) throw tooLong(request);
      if (fresh.length === 0) continue;
      await writing;
      // Hashed while it is written.
      writing = out.write(fresh, 0, fresh.length, nDone - fresh.length);
      writing.catch(() => {});
      hash.update(fresh);
      request.onBytes(fresh.length);
    }
    await writing;
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof Cancelled) throw error;
    throw diskTrouble(error, request) ?? new Interrupted(Math.max(from, nDone), error);
  } finally {
    clearTimeout(timer);
    await writing.catch(() => {});
  }
  return Math.max(from, nDone);
}

async function askFor(
  { settings, fetch, repo, commit, file }: FileRequest,
  range: string | null,
  signal: AbortSignal,
): Promise<Response> {
  const kind = repo.kind === 'dataset' ? 'datasets/' : '';
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const headers = new Headers({ 'accept-encoding': 'identity' });
  if (range !== null) headers.set('range', range);
  const url = `${settings.endpoint}/${kind}${repo.repository}/resolve/${commit}/${path}`;
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw explain(await refusal(response), settings, repo, commit);
  return response;
}

function isRest(response: Response, from: number): boolean {
  if (response.status !== 206) return false;
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return Number(range?.[1]) === from;
}

const tooLong = ({ file, repo }: DownloadRequest) =>
  new EnvironmentError(`${file.path} of ${repo.repository} is longer than the Hub's listing says`, {
    action: 'Try again later; a file that changes under a fixed commit is a fault of the server.',
  });

function diskTrouble(error: unknown, { settings }: DownloadRequest): EnvironmentError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== 'write') return undefined;
  return new EnvironmentError(`${settings.cacheFolder} cannot be written (${code})`, {
    action:
      'Free some space there, or set HF_HOME to a folder on another disk; nothing that arrived is lost.',
    cause: error,
  });
}

/** SHA-256 where the Hub gives one, else git's name of the content: SHA-1 with a header. */
function startHash({ hash, nBytes }: RepositoryFile): Hash {
  return hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${nBytes}\0`);
}

/** What an earlier download left, hashed; a draft that cannot be of this file is removed. */
async function hashExisting(draft: string, nBytes: number, hash: Hash): Promise<number> {
  const size = (await stat(draft).catch(() => null))?.size ?? 0;
  if (size > nBytes) await rm(draft);
  if (size === 0 || size > nBytes) return 0;
  for await (const chunk of createReadStream(draft, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return size;
}
