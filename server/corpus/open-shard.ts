// Opens a shard file and doubts it: is it what its name says, is anything in it, does it stay as it is
// while it is read? Readers go through here, so that every format is treated alike.

import type { FileHandle } from 'node:fs/promises';
import { IrregularFile, openRegularFile } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import { type FirstBytes, firstBytesName, N_FIRST_BYTES, recognise } from './first-bytes.ts';
import { onDisk } from './name-bytes.ts';
import type { Shard } from './shard.ts';
import { type Packing, packingOf, type ShardFormat } from './shard-format.ts';

export type OnProblem = (problem: DataProblem) => void;

/** Whether a shard ends where the problem stands; all others leave its last row whole. */
export const breaksOff = ({ kind }: DataProblem): boolean => kind !== 'changed' && kind !== 'trailing';

const packed: Readonly<Record<Packing, FirstBytes>> = {
  gz: 'gzip',
  zst: 'zstd',
  bz2: 'bzip2',
  xz: 'xz',
  lz4: 'lz4',
};

/** Whether a file that begins so can be what its name says; `other` is plain text. */
function isExpected(format: ShardFormat, found: FirstBytes): boolean {
  const packing = packingOf(format);
  if (packing) return found === packed[packing];
  if (format === 'parquet' || format === 'zip') return found === format;
  if (format === 'arrow') return found === 'arrow' || found === 'other';
  return found === 'other' || found === 'utf-16';
}

/**
 * Runs `read` on the open file, unless there is nothing to read; the reason is then a problem. Throws
 * `EnvironmentError` when the system refuses.
 */
export async function* withShardFile<T>(
  shard: Shard,
  onProblem: OnProblem,
  read: (file: FileHandle) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const complain = (kind: DataProblem['kind'], what: string) =>
    onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path} ${what}` });
  const file = await openRegularFile(onDisk(shard.path)).catch((cause) => {
    throw cause instanceof IrregularFile
      ? new UserError(cause.message, { cause })
      : unreadable(shard.path, cause);
  });
  try {
    const before = await file.stat();
    if (before.size === 0) return complain('empty', 'is empty');
    const head = await readAt(file, 0, N_FIRST_BYTES, shard.path);
    const found = recognise(head);
    if (!isExpected(shard.format, found)) {
      return complain('wrong-format', `is named as ${shard.format} and holds ${firstBytesName[found]}`);
    }
    yield* read(file);
    const after = await file.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      complain('changed', 'changed while it was read: scan it again when nothing writes to it any more');
    }
  } finally {
    await file.close();
  }
}

/** No system reads 2 GiB at once. */
const MOST_BYTES_AT_ONCE = 1 << 30;

/** At most `nBytes` bytes from `position` on; fewer at the end of the file. */
export async function readAt(
  file: FileHandle,
  position: number,
  nBytes: number,
  path: string,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(nBytes);
  let nRead = 0;
  while (nRead < nBytes) {
    const nAtOnce = Math.min(nBytes - nRead, MOST_BYTES_AT_ONCE);
    const { bytesRead } = await file.read(buffer, nRead, nAtOnce, position + nRead).catch((cause) => {
      throw unreadable(path, cause);
    });
    if (bytesRead === 0) break;
    nRead += bytesRead;
  }
  return buffer.subarray(0, nRead);
}

const unreadable = (path: string, cause: Error): EnvironmentError =>
  new EnvironmentError(`${path} cannot be read: ${cause.message}`, { cause });
