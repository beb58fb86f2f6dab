// Shards whose rows are found without reading what stands before them: tables that say where their columns are.

import { fileSource } from './byte-source.ts';
import type { StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { withShardFile } from './open-shard.ts';
import type { RowRange } from './row-range.ts';
import type { Shard } from './shard.ts';

/** Readers of tables are large, and loaded when the first table is met. */
export const tableReaders = {
  parquet: async () => (await import('./read-parquet.ts')).readParquet,
  arrow: async () => (await import('./arrow/read-arrow.ts')).readArrow,
};

export const isReadByPlaces = ({ format }: Pick<Shard, 'format'>): boolean => format in tableReaders;

/** The documents of some rows. */
export function readByPlaces(
  shard: Shard,
  options: StreamOptions,
  range: RowRange,
): AsyncGenerator<CorpusDocument> {
  return withShardFile(shard, options, async function* (file) {
    const source = fileSource(file, () => options.onBytes(0));
    const read = await tableReaders[shard.format as keyof typeof tableReaders]();
    yield* read(source, shard, options, range);
  });
}
