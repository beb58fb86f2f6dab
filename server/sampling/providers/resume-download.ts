// Brings a large file here and goes on where an earlier try stopped. What arrived is checked before it gets
// its name: a file under its own name is whole and right.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Cancelled, EnvironmentError } from '../../errors.ts';

export interface Download {
  readonly url: string;
  readonly file: string;
  readonly sha256: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (nDone: number, nBytes: number | null) => void;
}

const MAX_ATTEMPTS = 5;

/** Gives the SHA-256 of the file. Tries again after a broken connection, as long as each try brings something. */
export async function download({ url, file, sha256, signal, onProgress }: Download): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part`;
  for (let attempt = 1; ; attempt++) {
    const before = await sizeOf(part);
    try {
      await fetchRest(url, part, signal, onProgress);
      break;
    } catch (cause) {
      if (signal.aborted) throw new Cancelled();
      if (cause instanceof EnvironmentError) throw cause;
      if ((await sizeOf(part)) > before) attempt = 0;
      if (attempt >= MAX_ATTEMPTS) {
        throw new EnvironmentError(
          `${new URL(url).host} cannot be reached, or breaks off: ${reason(cause)}`,
          {
            action:
              'Check the network and the proxy, and run the same command again: it goes on where it stopped.',
            cause,
          },
        );
      }
    }
  }
  const digest = await digestFile(part);
  if (sha256 !== null && digest !== sha256) {
    await rm(part, { force: true });
    throw new EnvironmentError(`${url} is not what it should be: its SHA-256 is ${digest}, not ${sha256}`, {
      action: 'Run the command again; if it happens again, take the file from another place: --from PATH',
    });
  }
  await rename(part, file);
  return digest;
}

async function fetchRest(
  url: string,
  part: string,
  signal: AbortSignal,
  onProgress: Download['onProgress'],
): Promise<void> {
  const start = await sizeOf(part);
  const response = await fetch(url, { signal, headers: start > 0 ? { range: `bytes=${start}-` } : {} });
  // The status 416 says that there is nothing after what is here already.
  if (response.status === 416) return;
  if (!response.ok || response.body === null) {
    throw new EnvironmentError(`${new URL(url).host} answered ${response.status} for ${url}`, {
      action: 'Check the address, or give a file: --from PATH',
    });
  }
  const goesOn = response.status === 206;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isNaN(length) ? null : length + (goesOn ? start : 0);
  await using handle = await open(part, goesOn ? 'a' : 'w');
  let nDone = goesOn ? start : 0;
  for await (const chunk of response.body) {
    await handle.writeFile(chunk);
    nDone += chunk.length;
    onProgress(nDone, total);
  }
  if (total !== null && nDone < total) throw new Error(`only ${nDone} of ${total} bytes arrived`);
}

export async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

const sizeOf = async (file: string) => (await stat(file).catch(() => null))?.size ?? 0;

/** Why a request failed: `fetch failed` says nothing, but the error inside it does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
