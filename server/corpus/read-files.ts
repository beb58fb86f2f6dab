// The documents of a folder: its text files. Binary ones are passed over; the row is the file's number in
// the listing, whatever is passed over.

import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { throwIfAborted } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import type { StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { isBinary } from './first-bytes.ts';
import { describeFolder, statedLicense } from './folder-provenance.ts';
import type { Shard } from './shard.ts';

/** Larger files are data, whatever their name says; none is held in memory. */
const MAX_FILE_BYTES = 256 << 20;

export async function* readFiles(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const provenance = describeFolder(shard);
  for (const [row, path] of shard.files.entries()) {
    // Reading small files one after the other is several times faster without a promise for each.
    if (row % 64 === 0) await turn();
    throwIfAborted(options.signal);
    const complain = (kind: 'unreadable' | 'changed', what: string) =>
      options.onProblem({
        kind,
        shard: shard.name,
        byteOffset: 0,
        message: `${join(shard.path, path)} ${what}`,
      });
    const read = readFile(join(shard.path, path));
    if ('failure' in read) {
      complain('unreadable', read.failure);
      continue;
    }
    options.onBytes(read.bytes.length);
    if (read.changed) complain('changed', 'changed while it was read');
    const text = decodeText(read.bytes);
    if (!isBinary(text)) {
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
}

/** A file that cannot be read is a problem of its own: the rest of the folder goes on. */
function readFile(path: string): { bytes: Buffer; changed: boolean } | { failure: string } {
  let file: number | undefined;
  try {
    file = openRegularFileSync(path);
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
