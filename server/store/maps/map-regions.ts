// Table `map_regions` by text: regions of one fingerprint are one piece of training data that stands in several places.

import type { SQLOutputValue } from 'node:sqlite';
import type { Provenance } from '../../../protocol/fragments.ts';
import { provenanceOf } from '../provenance.ts';
import type { Database } from '../study-file.ts';

/** All regions of the training data with one text. */
export interface RegionGroup {
  readonly fingerprint: string;
  readonly nRegions: number;
  readonly nDocuments: number;
  /** That of the likeliest window of all, nats. */
  readonly bestLogp: number;
}

export interface RegionPlace {
  readonly provenance: Provenance;
  readonly documentId: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly byteOffset: number;
  readonly nBytes: number;
  /** Nats. */
  readonly bestLogp: number;
}

const OF_TRAINING = `FROM map_regions r JOIN documents d USING (document_id) JOIN map_shards m USING (shard_id)
  WHERE m.is_control = 0`;

/** The likeliest first, or those in most documents. */
export function readRegionGroups(
  db: Database,
  order: 'likeliest' | 'documents' = 'likeliest',
  limit = -1,
): readonly RegionGroup[] {
  const first = order === 'likeliest' ? 'best DESC, documents DESC' : 'documents DESC, best DESC';
  return db
    .prepare(
      `SELECT fingerprint, count(*) AS regions, count(DISTINCT document_id) AS documents, max(best_logp) AS best
       ${OF_TRAINING} GROUP BY fingerprint ORDER BY ${first}, fingerprint LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({
      fingerprint: String(row.fingerprint),
      nRegions: Number(row.regions),
      nDocuments: Number(row.documents),
      bestLogp: Number(row.best),
    }));
}

export const countRegionGroups = (db: Database): number =>
  Number(db.prepare(`SELECT count(DISTINCT fingerprint) AS n ${OF_TRAINING}`).get()!.n);

/** A region's text as it stands in the document, and what stands around it; nothing where that was not kept. */
export interface RegionText {
  readonly before: Uint8Array;
  readonly text: Uint8Array;
  readonly after: Uint8Array;
}

/** That of its likeliest region. */
export function openRegionTexts(db: Database): (fingerprint: string) => RegionText {
  const text = db.prepare(
    `SELECT r.text, r.text_before, r.text_after ${OF_TRAINING} AND fingerprint = ?
     ORDER BY best_logp DESC, document_id, r.byte_offset LIMIT 1`,
  );
  return (fingerprint) => regionText(text.get(fingerprint)!);
}

/** From a row with the columns `text`, `text_before` and `text_after`. */
export const regionText = (row: Readonly<Record<string, SQLOutputValue>>): RegionText => ({
  before: (row.text_before ?? new Uint8Array()) as Uint8Array,
  text: row.text as Uint8Array,
  after: (row.text_after ?? new Uint8Array()) as Uint8Array,
});

/** The likeliest places of a fingerprint. */
export function openRegionPlaces(
  db: Database,
  limit: number,
): (fingerprint: string) => readonly RegionPlace[] {
  const places = db.prepare(
    `SELECT r.document_id, r.first_line, r.last_line, r.byte_offset AS at, r.n_bytes, r.best_logp,
       d.row, d.repository, d.path, d.license, (SELECT name FROM shards WHERE shard_id = d.shard_id) AS shard
     ${OF_TRAINING} AND fingerprint = ? ORDER BY best_logp DESC, document_id, r.byte_offset LIMIT ?`,
  );
  return (fingerprint) => places.all(fingerprint, limit).map(placeOf);
}

const placeOf = (row: Readonly<Record<string, SQLOutputValue>>): RegionPlace => ({
  provenance: provenanceOf(row),
  documentId: Number(row.document_id),
  firstLine: Number(row.first_line),
  lastLine: Number(row.last_line),
  byteOffset: Number(row.at),
  nBytes: Number(row.n_bytes),
  bestLogp: Number(row.best_logp),
});
