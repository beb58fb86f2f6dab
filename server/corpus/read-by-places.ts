// Shards whose rows are found without reading what stands before them: tables that say where their columns are.

import { readArrow } from './arrow/read-arrow.ts';
import { fileSource } from './byte-source.ts';
import type { StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { withShardFile } from './open-shard.ts';
import { readParquet } from './read-parquet.ts';
import type { RowRange } from './row-range.ts';
import type { Shard } from './shard.ts';

const readers = { parquet: readParquet, arrow: readArrow };

export const isReadByPlaces = ({ format }: Pick<Shard, 'format'>): boolean => format in readers;

/** The documents of some rows. */
export function readByPlaces(
  shard: Shard,
  options: StreamOptions,
  range: RowRange,
): AsyncGenerator<CorpusDocument> {
  return withShardFile(shard, options.onProblem, async function* (file) {
    const source = await fileSource(file, shard.path, () => options.onBytes(0));
    yield* readers[shard.format as keyof typeof readers](source, shard, options, range);
  });
}
