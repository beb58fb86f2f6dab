// Opens one document of an index's corpus again, by its shard and row: what a match is compared with.

import type { Columns } from '../corpus/columns.ts';
import { reopenRows } from '../corpus/reopen-rows.ts';
import { UserError } from '../errors.ts';
import type { CorpusIndex, IndexedPlace } from './corpus-index.ts';
import { type IndexedDocument, PAGE_DOCUMENTS } from './document-pages.ts';
import { pagesOf } from './source-of-shards.ts';

/** Throws a `UserError` where the index names no such document, or where it is not what was indexed. */
export async function openIndexed(
  index: CorpusIndex,
  shardPath: string,
  row: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const place = [...index.places()].find(({ entry }) => entry.path === shardPath);
  const document = place && findDocument(place, row);
  if (!document) {
    throw new UserError(`${index.folder} names no row ${row} of ${shardPath || 'its corpus'}`, {
      action: 'Look the text up again: the index may have changed.',
    });
  }
  const shard = index.shardAt(place, 0);
  if (typeof shard === 'string') throw moved(shard);
  const { columns } = place.segment.facts(place.shard);
  const rows = reopenRows(shard, [document], {
    columns: columns as Columns | null,
    restarts: place.segment.startsOf(place.shard),
    signal,
    onProgress() {},
  });
  for await (const { text } of rows) if (text && index.digestOf(text) === document.digest) return text;
  throw moved(`row ${row} of ${shard.path} is not what was indexed`);
}

const moved = (why: string) =>
  new UserError(why, { action: 'Add the corpus to the index again, or tell where it was moved to.' });

/** Documents of a shard come by ascending row. */
function findDocument({ segment, entry }: IndexedPlace, row: number): IndexedDocument | undefined {
  const first = entry.firstDocument / PAGE_DOCUMENTS;
  let low = first;
  let high = first + pagesOf(entry.nDocuments) / PAGE_DOCUMENTS;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((segment.page(middle)[0]?.row ?? row + 1) <= row) low = middle;
    else high = middle;
  }
  return low < high ? segment.page(low).find((document) => document.row === row) : undefined;
}
