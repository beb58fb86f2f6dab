// The format of a file in a folder, by its name, and by its beginning where that does not say it.

import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { JSON_HEAD_BYTES, jsonContent } from './json-content.ts';
import { onDisk } from './name-bytes.ts';
import { type ShardFormat, shardFormat } from './shard-format.ts';
import { holds, mayHold } from './told-by-content.ts';

/** Undefined for a document; what cannot be opened is one, whose reader then tells why. */
export function formatInFolder(path: string, columns: ColumnNames | undefined): ShardFormat | undefined {
  const form = mayHold(path);
  if (form === undefined) return shardFormat(path);
  return holds(form, readHead(path), columns) ? form : undefined;
}

/** Whether a file that is called .json holds its rows inside of one object: only where it lies among such is it no file of a program. */
export const isWrappedInFolder = (path: string, columns: ColumnNames | undefined): boolean =>
  /\.json$/i.test(path) && jsonContent(readHead(path), columns) === 'wrapped';

const FIRST_LOOK_BYTES = 64 << 10;

function readHead(path: string): Uint8Array {
  try {
    const file = openRegularFileSync(onDisk(path));
    try {
      const head = Buffer.alloc(JSON_HEAD_BYTES);
      let nBytes = readSync(file, head, 0, FIRST_LOOK_BYTES, 0);
      if (nBytes === FIRST_LOOK_BYTES) {
        nBytes += readSync(file, head, nBytes, JSON_HEAD_BYTES - nBytes, nBytes);
      }
      return head.subarray(0, nBytes);
    } finally {
      closeSync(file);
    }
  } catch {
    return new Uint8Array();
  }
}
