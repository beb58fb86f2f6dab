// The format of a file in a folder. Some names say nothing: a .json may hold rows or be a document, and is looked into.

import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { JSON_HEAD_BYTES, jsonContent } from './json-content.ts';
import { onDisk } from './name-bytes.ts';
import { type ShardFormat, shardFormat } from './shard-format.ts';

/** Undefined for a document; what cannot be opened is one, whose reader then tells why. */
export function formatInFolder(path: string, columns: ColumnNames | undefined): ShardFormat | undefined {
  if (!/\.json$/i.test(path)) return shardFormat(path);
  // A list without a text is a file of a program far more often than training data.
  return jsonContent(readHead(path), columns) === 'rows' ? 'json' : undefined;
}

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
