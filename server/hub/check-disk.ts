// Whether what will be fetched fits, said before the first byte comes.

import { mkdir, statfs } from 'node:fs/promises';
import { EnvironmentError } from '../errors.ts';

/** Bytes of the disk that are left free for everything else. */
const MARGIN_BYTES = 256 << 20;

export async function checkDisk(folder: string, nBytes: number, whatElse: string): Promise<void> {
  if (nBytes === 0) return;
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= nBytes + MARGIN_BYTES) return;
  throw new EnvironmentError(
    `${folder} has ${gigabytes(free)} free, and ${gigabytes(nBytes)} have to be fetched into it`,
    { action: `Free some space, or set HF_HOME to a folder on another disk.${whatElse}` },
  );
}

const gigabytes = (n: number) => (n < 1e9 ? `${Math.ceil(n / 1e6)} MB` : `${(n / 1e9).toFixed(1)} GB`);
