// The documents of a shard, one after the other, whole. The scan does not use this path, which holds a row
// in memory and copies it; opening a document again does, and so do the tests that check the scan.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, throwIfAborted } from '../errors.ts';
import { readBytes, type StreamOptions } from './byte-stream.ts';
import { parseRow } from './parse-row.ts';
import type { Shard } from './shard.ts';

export interface CorpusDocument {
  readonly row: number;
  /** Start of its row in the shard's decompressed stream; in a folder, 0. */
  readonly byteOffset: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
  readonly text: Uint8Array;
}

/** Rows that cannot be read are reported as problems and keep their row number. */
export async function* readDocuments(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  if (shard.format === 'folder') return yield* readFiles(shard, options);
  let row = 0;
  for await (const { line, byteOffset } of readRows(shard, options)) {
    if (line.every((byte) => byte <= 0x20)) continue;
    const parsed = parseRow(line);
    if (typeof parsed === 'string') {
      const what = parsed === 'not-json' ? 'is no JSON object' : 'has no string "content"';
      options.onProblem({
        kind: parsed,
        shard: shard.name,
        byteOffset,
        message: `${shard.path}: row ${row} at byte ${byteOffset} ${what}`,
      });
    } else {
      const { content, ...provenance } = parsed;
      yield { row, byteOffset, text: content, ...provenance };
    }
    row++;
  }
}

/** Lines of the decompressed stream. A last line without LF counts unless the stream broke off in it. */
async function* readRows(
  shard: Shard,
  options: StreamOptions,
): AsyncGenerator<{ line: Uint8Array; byteOffset: number }> {
  let pending: Uint8Array[] = [];
  let rowStart = 0;
  let chunkStart = 0;
  let broken = false;
  const onProblem: StreamOptions['onProblem'] = (problem) => {
    broken = true;
    options.onProblem(problem);
  };
  for await (const chunk of readBytes(shard, { ...options, onProblem })) {
    let from = 0;
    for (let lf = chunk.indexOf(0x0a); lf >= 0; lf = chunk.indexOf(0x0a, from)) {
      yield { line: Buffer.concat([...pending, chunk.subarray(from, lf)]), byteOffset: rowStart };
      pending = [];
      from = lf + 1;
      rowStart = chunkStart + from;
    }
    if (from < chunk.length) pending.push(chunk.slice(from));
    chunkStart += chunk.length;
  }
  if (pending.length > 0 && !broken) yield { line: Buffer.concat(pending), byteOffset: rowStart };
}

async function* readFiles(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  for (const [row, file] of shard.files.entries()) {
    throwIfAborted(options.signal);
    const path = join(shard.path, file);
    const text = await readFile(path).catch((cause: Error) => {
      throw new EnvironmentError(`${path} cannot be read: ${cause.message}`, { cause });
    });
    options.onBytes(text.length);
    yield { row, byteOffset: 0, repository: shard.name, path: file, license: '', text };
  }
}
