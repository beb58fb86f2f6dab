// The documents of a folder: its text files. Others are passed over, and what became of each is told; the row is the file's number in
// the listing, whatever is passed over.

import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import { throwIfAborted } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import { notebookText } from '../text/notebook.ts';
import type { StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import type { FileFate } from './file-tally.ts';
import { firstBytesName, isBinary, isLfsPointer, isPicture, unreadContainer } from './first-bytes.ts';
import { describeFolder, statedLicense } from './folder-provenance.ts';
import { onDisk } from './name-bytes.ts';
import type { Shard } from './shard.ts';

/** Larger files are data, whatever their name says; none is held in memory. */
const MAX_FILE_BYTES = 256 << 20;

export async function* readFiles(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const provenance = describeFolder(shard);
  for (const [row, path] of shard.files.entries()) {
    // Reading small files one after the other is several times faster without a promise for each.
    if (row % 64 === 0) await turn();
    throwIfAborted(options.signal);
    const file = join(shard.path, path);
    const complain = (kind: DataProblem['kind'], what: string) =>
      options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${file} ${what}` });
    const read = readFile(shard.path, path);
    if ('failure' in read) {
      complain('unreadable', read.failure);
      options.onFile?.({ state: 'problem', reason: 'unreadable' }, file);
      continue;
    }
    options.onBytes(read.bytes.length);
    if (read.changed) complain('changed', 'changed while it was read');
    const text = (/\.ipynb$/i.test(path) && notebookText(read.bytes)) || decodeText(read.bytes);
    const { fate, what } = judge(read.bytes, text, path);
    if (what !== undefined && fate.state === 'problem') complain(fate.reason, what);
    options.onFile?.(fate, file);
    if (fate.state !== 'searched') continue;
    const { repository, license } = provenance(path);
    yield {
      row,
      byteOffset: 0,
      repository,
      path,
      license: statedLicense(text) ?? license,
      text,
    };
  }
}

/** What becomes of a file, by its bytes and the text that they are, and of a problem what to tell. */
function judge(
  bytes: Uint8Array,
  text: Uint8Array,
  path: string,
): { readonly fate: FileFate; readonly what?: string } {
  if (bytes.length === 0) return { fate: { state: 'passed-over', reason: 'empty' } };
  if (isLfsPointer(bytes)) {
    const what = `is ${firstBytesName['git-lfs-pointer']}`;
    return { fate: { state: 'problem', reason: 'wrong-format' }, what };
  }
  if (!isBinary(text)) return { fate: { state: 'searched' } };
  const container = unreadContainer(bytes, path);
  if (container) return { fate: { state: 'problem', reason: 'unreadable' }, what: `is ${container}` };
  return { fate: { state: 'passed-over', reason: isPicture(bytes) ? 'picture' : 'binary' } };
}

/** A file that cannot be read is a problem of its own: the rest of the folder goes on. */
function readFile(folder: string, path: string): { bytes: Buffer; changed: boolean } | { failure: string } {
  let file: number | undefined;
  try {
    file = openRegularFileSync(onDisk(folder, path));
    const before = fstatSync(file);
    if (before.size > MAX_FILE_BYTES) {
      return { failure: `has ${before.size} bytes; files above ${MAX_FILE_BYTES} are passed over` };
    }
    const bytes = readFileSync(file);
    const after = fstatSync(file);
    return { bytes, changed: after.size !== before.size || after.mtimeMs !== before.mtimeMs };
  } catch (error) {
    return { failure: `cannot be read: ${(error as Error).message}` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
