// Which shards the kernel reads by itself.

import { holdsRows } from './holds-rows.ts';
import { type ResolvedColumns, resolveColumns } from './resolve-columns.ts';
import type { Shard } from './shard.ts';

/** The columns of a shard whose `readBytes` the kernel can read; undefined for one that `readDocuments` is for. */
export async function plainRows(shard: Shard, signal: AbortSignal): Promise<ResolvedColumns | undefined> {
  if (shard.contents !== undefined || !(await holdsRows(shard, signal))) return undefined;
  const columns = await resolveColumns(shard, signal);
  // The kernel knows the keys of a row, not those of objects in it.
  return Object.values(columns.names).some((name) => name.includes('.')) ? undefined : columns;
}
