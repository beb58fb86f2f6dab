// What a Parquet file says of its row groups, doubted before anything is read: the library believes every size, and
// drops failures that nobody waits for.

import { type FileMetaData, parquetSchema, type RowGroup } from 'hyparquet';
import { MAX_EXPANSION } from './inflate.ts';

export interface Failure {
  readonly kind: 'truncated' | 'corrupt' | 'expands';
  readonly failure: string;
}

/** Files whose texts together need more memory than this in one row group are refused by name. */
const MAX_GROUP_BYTES = 4 * 2 ** 30;
/** So much may be made of any file. */
const HARMLESS_BYTES = 64 << 20;
const HARMLESS_ROWS = 1_000_000;

/**
 * What the library reads and nobody waits for ends the thread when it fails: of two columns with one name it waits for the
 * first, and of a group with a column that the schema does not know for none.
 */
export function knownColumns(group: RowGroup, metadata: FileMetaData): RowGroup {
  const root = parquetSchema(metadata);
  const seen = new Set<string>();
  const columns = group.columns.filter(({ meta_data: column }) => {
    const path = column?.path_in_schema ?? [];
    let node: ReturnType<typeof parquetSchema> | undefined = root;
    for (const name of path) node = node?.children.find(({ element }) => element.name === name);
    if (node === undefined || node.children.length > 0) return false;
    const key = JSON.stringify(path);
    return !seen.has(key) && seen.add(key);
  });
  return { ...group, columns };
}

/** What a group says of itself is held against the bytes that are there; undefined where it may be true. */
export function doubtGroup(
  group: RowGroup,
  wanted: readonly string[],
  nFileBytes: number,
): Failure | undefined {
  let nPacked = 0;
  let nBytes = 0;
  for (const { meta_data: column } of group.columns) {
    if (column === undefined || !wanted.includes(column.path_in_schema[0] ?? '')) continue;
    const sizes = [column.total_compressed_size, column.total_uncompressed_size, column.data_page_offset].map(
      Number,
    );
    if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0))
      return { kind: 'corrupt', failure: `its column ${column.path_in_schema[0]} has a size that is none` };
    nPacked += sizes[0]!;
    nBytes += sizes[1]!;
  }
  if (nPacked > nFileBytes)
    return { kind: 'truncated', failure: `its columns take ${nPacked} bytes of a file of ${nFileBytes}` };
  if (nBytes > MAX_GROUP_BYTES || nBytes > HARMLESS_BYTES + MAX_EXPANSION * nPacked)
    return { kind: 'expands', failure: `its columns take ${nBytes} bytes of memory` };
  const nRows = Number(group.num_rows);
  if (nRows > HARMLESS_ROWS + MAX_EXPANSION * nPacked)
    return { kind: 'expands', failure: `it says that ${nPacked} bytes hold ${nRows} rows` };
  return undefined;
}
