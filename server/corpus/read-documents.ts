// The documents of a shard, one after the other, whole. A fast scan of JSON lines does not use this path,
// which holds a row in memory and copies it; opening a document again does, and so do the tests. Readers that bring a
// library with them are loaded with the first shard that needs them: every thread of a command begins with this file.

import type { StreamOptions } from './byte-stream.ts';
import { questionProblem } from './column-question.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { withCutNames } from './cut-name.ts';
import { holdsRows } from './holds-rows.ts';
import { parseRow } from './parse-row.ts';
import { isReadByPlaces, readByPlaces } from './read-by-places.ts';
import { readFiles } from './read-files.ts';
import { readRows } from './read-rows.ts';
import { readText } from './read-text.ts';
import { ENCODING_COLUMN } from './reference.ts';
import { describeMissing, resolveColumns, withBrief } from './resolve-columns.ts';
import { allRows } from './row-range.ts';
import type { Shard } from './shard.ts';
import { isArchive, streamFormOf } from './shard-format.ts';

/** Rows that cannot be read are reported as problems and keep their row number. */
export async function* readDocuments(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const { contents } = shard;
  const documents =
    contents === undefined
      ? documentsOf(shard, options)
      : (await import('./referenced-texts.ts')).readReferenced(
          documentsOf(shard, options),
          shard,
          contents,
          options,
        );
  for await (const document of documents) yield withCutNames(document);
}

async function* documentsOf(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  if (shard.format === 'folder') yield* readFiles(shard, options);
  else if (isReadByPlaces(shard)) yield* readByPlaces(shard, options, shard.part?.rows ?? allRows);
  else if (isArchive(shard)) yield* (await import('./archive/read-archive.ts')).readArchive(shard, options);
  else if (await holdsRows(shard, options.signal)) yield* readJsonRows(shard, options);
  else {
    const form = streamFormOf(shard.format);
    if (form === 'csv' || form === 'tsv') yield* (await import('./read-table.ts')).readTable(shard, options);
    else yield* readText(shard, options);
  }
}

async function* readJsonRows(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const columns = await resolveColumns(shard, options.signal);
  if (columns.question) return options.onProblem(questionProblem(shard, columns.question));
  options.onColumns?.(columns.present);
  const describe = describeMissing(columns);
  const { part } = shard;
  let row = part?.rows.fromRow ?? 0;
  for await (const { line, byteOffset } of readRows(shard, options, part?.bytes)) {
    const parsed = parseRow(line, columns.names, shard.contents && ENCODING_COLUMN);
    if (typeof parsed === 'string') {
      const what = parsed === 'not-json' ? 'is no JSON object' : describe();
      const place = `${shard.path}: row ${row} at byte ${byteOffset}`;
      const problem = { kind: parsed, shard: shard.name, byteOffset, message: `${place} ${what}` } as const;
      options.onProblem(part ? withBrief(problem, place, columns) : problem);
    } else {
      const { content, ...provenance } = parsed;
      yield { row, byteOffset, text: content, ...provenance };
    }
    row++;
  }
}
