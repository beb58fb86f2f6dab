// Tables of separated values, a document a record. The first record names the columns; fields stay bytes.

import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { throwIfAborted } from '../errors.ts';
import { decodeStream } from '../text/decode-text.ts';
import { readUnpacked, type StreamOptions } from './byte-stream.ts';
import { questionProblem } from './column-question.ts';
import type { Columns } from './columns.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { MAX_ROW_BYTES } from './read-rows.ts';
import type { Shard } from './shard.ts';
import { chooseTableColumns } from './table-columns.ts';

interface Parsed {
  readonly record: readonly Buffer[];
  readonly info: { readonly bytes: number };
}

export async function* readTable(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  yield* tableRecords(
    readUnpacked(shard, options),
    shard.format.startsWith('tsv') ? 'tsv' : 'csv',
    shard,
    options,
  );
}

/** The documents of a table's bytes. */
export async function* tableRecords(
  chunks: AsyncIterable<Uint8Array>,
  form: 'csv' | 'tsv',
  shard: Pick<Shard, 'name' | 'path' | 'columns'>,
  options: StreamOptions,
): AsyncGenerator<CorpusDocument> {
  const complain = (kind: 'corrupt' | 'no-content', what: string) =>
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path}${what}` });
  const source = Readable.from(decodeStream(copied(chunks)), { objectMode: false });
  const parser = parse({
    delimiter: form === 'tsv' ? '\t' : [',', ';'],
    encoding: null,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  pipeline(source, parser, () => {});
  let names: readonly string[] | undefined;
  let at = (_part: keyof Columns): number => -1;
  let row = 0;
  let byteOffset = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      throwIfAborted(options.signal);
      if (names === undefined) {
        const header = record.map((field) => field.toString().trim());
        names = header;
        const chosen = chooseTableColumns(shard.columns, { names: header, texts: header, facts: header });
        if ('message' in chosen) return options.onProblem(questionProblem(shard, chosen));
        at = (part) => header.indexOf(chosen.columns[part]);
        options.onColumns?.(chosen.present);
      } else {
        const text = record[at('content')];
        const field = (part: 'repository' | 'path' | 'license') => record[at(part)]?.toString() ?? '';
        if (text) {
          const provenance = {
            repository: field('repository'),
            path: field('path'),
            license: field('license'),
          };
          yield { row, byteOffset, ...provenance, text };
        } else complain('no-content', `: row ${row} has no text`);
        row++;
      }
      byteOffset = info.bytes;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))) throw error;
    complain('corrupt', `: row ${row} at byte ${byteOffset} is no record (${error.message})`);
  }
}

/** The parser keeps what it is given, and whoever unpacks writes over it. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}
