// Training documents that hold a match: table `documents`, and what is known to stand in them.

import type { Provenance } from '../../protocol/fragments.ts';
import { provenanceOf } from './provenance.ts';
import { readRows } from './row-pages.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

export interface MatchedRow extends Provenance {
  readonly documentId: number;
}

/** In corpus order. */
export function* readMatchedRows(db: Database): Generator<MatchedRow> {
  const rows = db.prepare(
    `SELECT document_id, s.name AS shard, row, repository, d.path, license
     FROM documents d JOIN shards s USING (shard_id) ORDER BY document_id`,
  );
  for (const row of rows.iterate()) {
    yield { documentId: Number(row.document_id), ...provenanceOf(row) };
  }
}

/** What documents, their repositories and licences are called, some more than once. */
export function* readNames(db: Database): Generator<string> {
  const select = 'SELECT document_id, repository, path, license FROM documents';
  for (const [, repository, path, license] of readRows(db, select)) {
    yield String(repository);
    yield String(path);
    yield String(license);
  }
}

/** The rows of one shard with all that is stored of where they came from, in order. */
export function openShardRows(db: Database): (shardId: number) => Iterable<StoredRow> {
  const rows = db.prepare(
    `SELECT row, repository, path, license FROM documents
     WHERE document_id >= ? AND document_id < ? ORDER BY document_id`,
  );
  return (shardId) =>
    rows.iterate(documentId(shardId, 0), documentId(shardId + 1, 0)) as unknown as Iterable<StoredRow>;
}

/** A row as the file holds it. */
type StoredRow = Pick<Provenance, 'row' | 'repository' | 'path' | 'license'>;

/** Looks up the fragments of one document after another, among the places that are kept, by rank. */
export function openFingerprintsInDocument(db: Database): (documentId: number) => readonly string[] {
  const fragments = db.prepare(
    `SELECT DISTINCT fingerprint FROM train_occurrences JOIN fragments USING (fragment_id)
     WHERE document_id = ? ORDER BY fragment_id`,
  );
  return (id) => fragments.all(id).map(({ fingerprint }) => String(fingerprint));
}

/** How many occurrences of a fragment lie beyond the places that are kept; 0 for one that there is not. */
export function openUnlistedPlaces(db: Database): (fingerprint: string) => number {
  const places = db.prepare(
    `SELECT train - (SELECT count(*) FROM train_occurrences o WHERE o.fragment_id = f.fragment_id) AS n
     FROM fragments f WHERE fingerprint = ?`,
  );
  return (fingerprint) => Number(places.get(fingerprint)?.n ?? 0);
}
