// The documents of a shard, one after the other, whole. A fast scan of JSON lines does not use this path,
// which holds a row in memory and copies it; opening a document again does, and so do the tests.

import { throwIfAborted } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import { readUnpacked, type StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { holdsRows } from './holds-rows.ts';
import { parseRow } from './parse-row.ts';
import { readFiles } from './read-files.ts';
import { readParquet } from './read-parquet.ts';
import { readRows } from './read-rows.ts';
import { describeMissing, resolveColumns } from './resolve-columns.ts';
import type { Shard } from './shard.ts';

/** Rows that cannot be read are reported as problems and keep their row number. */
export async function* readDocuments(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  if (shard.format === 'folder') yield* readFiles(shard, options);
  else if (shard.format === 'parquet') yield* readParquet(shard, options);
  else if (await holdsRows(shard, options.signal)) yield* readJsonRows(shard, options);
  else yield* readText(shard, options);
}

async function* readJsonRows(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const columns = await resolveColumns(shard, options.signal);
  if (columns.doubt !== undefined) {
    const message = `${shard.path} ${columns.doubt}`;
    return options.onProblem({ kind: 'no-content', shard: shard.name, byteOffset: 0, message });
  }
  options.onColumns?.(columns.present);
  const describe = describeMissing(columns);
  let row = 0;
  for await (const { line, byteOffset } of readRows(shard, options)) {
    const parsed = parseRow(line, columns.names);
    if (typeof parsed === 'string') {
      const what = parsed === 'not-json' ? 'is no JSON object' : describe();
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

/** A text file that was named by itself is one document. */
async function* readText(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readUnpacked(shard, options)) chunks.push(new Uint8Array(chunk));
  throwIfAborted(options.signal);
  if (chunks.length === 0) return;
  const text = decodeText(Buffer.concat(chunks));
  yield { row: 0, byteOffset: 0, repository: '', path: shard.name, license: '', text };
}
