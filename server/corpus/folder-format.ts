// The format of a file in a folder. Some names say nothing: a .json, a .jl, a .csv or a file without an ending may hold rows or be a document, and
// is looked into.

import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { decodeText } from '../text/decode-text.ts';
import { JSON_HEAD_BYTES, jsonContent } from './json-content.ts';
import { onDisk } from './name-bytes.ts';
import { isUnnamed, type ShardFormat, shardFormat } from './shard-format.ts';
import { chooseTableColumns } from './table-columns.ts';

/** Undefined for a document; what cannot be opened is one, whose reader then tells why. */
export function formatInFolder(path: string, columns: ColumnNames | undefined): ShardFormat | undefined {
  const table = /\.([ct]sv)$/i.exec(path)?.[1]?.toLowerCase();
  if (table === 'csv' || table === 'tsv') return isTable(readHead(path), table, columns) ? table : undefined;
  if (!/\.(json|jl)$/i.test(path) && !isUnnamed(path)) return shardFormat(path);
  // A list without a text is a file of a program far more often than training data.
  return jsonContent(readHead(path), columns) === 'rows' ? 'json' : undefined;
}

/** Whether a file that is called .json holds its rows inside of one object: only where it lies among such is it no file of a program. */
export const isWrappedInFolder = (path: string, columns: ColumnNames | undefined): boolean =>
  /\.json$/i.test(path) && jsonContent(readHead(path), columns) === 'wrapped';

/** A table without a text is a file of a program; one that leaves open which of its columns is the text is none here. */
export function isTable(head: Uint8Array, table: 'csv' | 'tsv', columns: ColumnNames | undefined): boolean {
  const [line = ''] = Buffer.from(decodeText(head)).toString().split(/\r?\n/, 1);
  const names = line
    .split(table === 'tsv' ? '\t' : /[,;]/)
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return (
    names.length > 1 && !('message' in chooseTableColumns(columns, { names, texts: names, facts: names }))
  );
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
