// The training rows that hold a fragment: what to remove from a data set, or to unlearn.

import type { Database } from '../store/study-file.ts';

export interface TrainingRow {
  readonly shard: string;
  /** 0-based in its shard. */
  readonly row: number;
  readonly repo_name: string;
  readonly path: string;
  readonly license: string;
  /** Fingerprints, among the places that the study keeps. */
  readonly fragments: readonly string[];
}

/**
 * Rows in corpus order. Without a choice of fragments they are all of the rows with a match, also beyond the
 * places that are kept of a fragment.
 */
export function* listTrainingRows(db: Database, chosen: ReadonlySet<string> | null): Generator<TrainingRow> {
  const fragments = db.prepare(
    `SELECT DISTINCT fingerprint FROM train_occurrences JOIN fragments USING (fragment_id)
     WHERE document_id = ? ORDER BY fragment_id`,
  );
  const rows = db.prepare(
    `SELECT document_id, s.name AS shard, row, repository, d.path, license
     FROM documents d JOIN shards s USING (shard_id) ORDER BY document_id`,
  );
  for (const row of rows.iterate()) {
    const all = fragments.all(row.document_id!).map(({ fingerprint }) => String(fingerprint));
    const held = chosen ? all.filter((fingerprint) => chosen.has(fingerprint)) : all;
    if (chosen && held.length === 0) continue;
    yield {
      shard: String(row.shard),
      row: Number(row.row),
      repo_name: String(row.repository),
      path: String(row.path),
      license: String(row.license),
      fragments: held,
    };
  }
}

/** How many occurrences of these fragments lie beyond the places that are kept. */
export function countUnlistedPlaces(db: Database, chosen: ReadonlySet<string>): number {
  const places = db.prepare(
    `SELECT train - (SELECT count(*) FROM train_occurrences o WHERE o.fragment_id = f.fragment_id) AS n
     FROM fragments f WHERE fingerprint = ?`,
  );
  return [...chosen].reduce((sum, fingerprint) => sum + Number(places.get(fingerprint)?.n ?? 0), 0);
}
