// Opens a shard file and doubts it: is it what its name says, is anything in it, does it stay as it is
// while it is read? Readers go through here, so that every format is treated alike.

import { IrregularFile, openRegularFile } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import { type FirstBytes, firstBytesName, N_FIRST_BYTES, recognise } from './first-bytes.ts';
import { onDisk } from './name-bytes.ts';
import type { Shard } from './shard.ts';
import type { ShardFile } from './shard-file.ts';
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

/** Throws `EnvironmentError` when the system refuses, and `UserError` for what is no file. */
export async function openShardFile(
  { path, nBytes, remote }: Pick<Shard, 'path' | 'nBytes' | 'remote'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<ShardFile> {
  if (remote === undefined) return openLocal(path);
  const { openRemote } = await import('./open-remote.ts');
  return openRemote(path, nBytes, remote, signal);
}

async function openLocal(path: string): Promise<ShardFile> {
  const file = await openRegularFile(onDisk(path)).catch((cause) => {
    throw cause instanceof IrregularFile ? new UserError(cause.message, { cause }) : unreadable(path, cause);
  });
  const before = await file.stat();
  return {
    size: before.size,
    read: (position, nBytes, into) =>
      readAt(file, position, into?.subarray(0, nBytes) ?? Buffer.allocUnsafeSlow(nBytes), path),
    async hasChanged() {
      const after = await file.stat();
      return after.size !== before.size || after.mtimeMs !== before.mtimeMs;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Runs `read` on the open file, unless there is nothing to read; the reason is then a problem. Throws as `openShardFile` does. */
export async function* withShardFile<T>(
  shard: Shard,
  { onProblem, signal }: { readonly onProblem: OnProblem; readonly signal: AbortSignal },
  read: (file: ShardFile) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const complain = (kind: DataProblem['kind'], what: string) =>
    onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path} ${what}` });
  await using file = await openShardFile(shard, signal);
  if (file.size === 0) return complain('empty', 'is empty');
  const found = recognise(await file.read(0, N_FIRST_BYTES));
  if (!isExpected(shard.format, found)) {
    return complain('wrong-format', `is named as ${shard.format} and holds ${firstBytesName[found]}`);
  }
  yield* read(file);
  if (await file.hasChanged()) {
    complain('changed', 'changed while it was read: scan it again when nothing writes to it any more');
  }
}

/** No system reads 2 GiB at once. */
const MOST_BYTES_AT_ONCE = 1 << 30;

/** Fills the buffer as far as the file goes. */
async function readAt(
  file: Awaited<ReturnType<typeof openRegularFile>>,
  position: number,
  buffer: Buffer,
  path: string,
): Promise<Buffer> {
  let nRead = 0;
  while (nRead < buffer.length) {
    const nAtOnce = Math.min(buffer.length - nRead, MOST_BYTES_AT_ONCE);
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
