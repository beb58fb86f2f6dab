// Table `problems`, and the shards that could not be read to their end.

import { foreign } from '../../guard/text/foreign.ts';
import type { DashboardProblem } from '../../protocol/dashboard.ts';
import type { Database } from './study-file.ts';

/** The first problems of all shards, and the failures of those that could not be read to their end. */
export function readProblems(db: Database, limit: number): readonly string[] {
  const rows = db
    .prepare(
      `SELECT shard_id, -1 AS ordinal, failure AS message FROM shards WHERE state = 'failed'
       UNION ALL SELECT shard_id, ordinal, message FROM problems ORDER BY 1, 2 LIMIT ?`,
    )
    .all(limit);
  return rows.map((row) => String(row.message));
}

/** The first problems with their shard and place: shards that failed come first. */
export function listProblems(db: Database, limit: number): readonly DashboardProblem[] {
  return db
    .prepare(
      `SELECT name, 'failed' AS kind, NULL AS byte_offset, coalesce(failure, '') AS message, 0 AS rank, shard_id, 0 AS ordinal
         FROM shards WHERE state = 'failed'
       UNION ALL
       SELECT s.name, p.kind, p.byte_offset, p.message, 1, p.shard_id, p.ordinal
         FROM problems p JOIN shards s USING (shard_id)
       ORDER BY 5, 6, 7 LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({
      shard: foreign(String(row.name)),
      kind: row.kind as DashboardProblem['kind'],
      byteOffset: row.byte_offset === null ? null : Number(row.byte_offset),
      message: foreign(String(row.message)),
    }));
}
