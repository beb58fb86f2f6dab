// What the analysis reads, as a few numbers: other samples or another scan have other ones.

import type { MatchRule } from '../../protocol/study.ts';
import { digestInputs } from './stages-table.ts';
import type { Database } from './study-file.ts';

export function detectionInputsDigest(db: Database, rule: MatchRule): string {
  const samples = db
    .prepare('SELECT count(*), coalesce(sum(n_tokens), 0), coalesce(sum(length(text)), 0) FROM samples')
    .get();
  const shards = db
    .prepare(
      'SELECT shard_id, state, disk_bytes, modified_ms, n_rows, content_bytes FROM shards ORDER BY shard_id',
    )
    .all();
  const numbers = [samples ?? {}, ...shards].map((row) => Object.values(row));
  return digestInputs(rule.minLines, rule.profile, numbers);
}
