// What became of the files that an index was made of, and which columns were read: the sums that a study tells of a scan.

import { fromOthers } from '../../guard/text/foreign.ts';
import type { ColumnsRead, CorpusAccount } from '../../protocol/corpus-account.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { accountOf, type FileCount, type FileCounts, joinCounts } from '../corpus/file-tally.ts';
import { CorpusIndex } from './corpus-index.ts';

export interface IndexAccount {
  readonly account: CorpusAccount;
  readonly columnsRead: readonly ColumnsRead[];
  readonly nRows: number;
}

/** Counts the shards at these paths. `passed` is what listing them passed over. A shard that is not in the index is a problem. */
export function accountOfIndex(folder: string, paths: ReadonlySet<string>, passed: FileCounts): IndexAccount {
  using index = new CorpusIndex(folder);
  const parts: FileCounts[] = [passed];
  const columns = new Map<string, { readonly names: ColumnNames; n: number }>();
  const missing = new Set(paths);
  let nRows = 0;
  for (const place of index.places()) {
    const path = index.pathOf(place);
    if (!missing.delete(path)) continue;
    const { entry, segment, shard } = place;
    nRows += entry.nRows;
    const { reading } = segment.facts(shard);
    parts.push(
      entry.format === 'folder'
        ? (reading.files ?? nothing)
        : counted(
            entry.nRows > 0 ? { state: 'searched', reason: '' } : { state: 'problem', reason: 'empty' },
          ),
    );
    if (reading.columns === undefined) continue;
    const key = JSON.stringify(reading.columns);
    const known = columns.get(key);
    if (known) known.n++;
    else columns.set(key, { names: reading.columns, n: 1 });
  }
  for (const _ of missing) parts.push(counted({ state: 'problem', reason: 'unreadable' }));
  return {
    account: accountOf(joinCounts(parts).counts.toSorted((a, b) => b.nFiles - a.nFiles)),
    columnsRead: [...columns.values()].flatMap(({ names: { content, repository, path, license }, n }) =>
      content === undefined
        ? []
        : [
            fromOthers({
              ...{ content, repository: repository ?? null, path: path ?? null, license: license ?? null },
              nShards: n,
            }),
          ],
    ),
    nRows,
  };
}

const nothing: FileCounts = { counts: [], unsearched: [] };

const counted = (fate: Omit<FileCount, 'nFiles'>): FileCounts => ({
  counts: [{ ...fate, nFiles: 1 }],
  unsearched: [],
});
