// The pages that views ask of an extraction map: regions by groups, and all that is known of one document. A control is
// no training data, and is not listed.

import type { SQLOutputValue } from 'node:sqlite';
import { foreign } from '../../guard/text/foreign.ts';
import {
  type MapRegion,
  PROBABILITY_BOUNDS,
  type RegionGroup,
  type RegionGrouping,
} from '../../protocol/extraction-map.ts';
import type { Page, PageRequest } from '../../protocol/fragments.ts';
import { provenanceOf } from './provenance.ts';
import type { Database } from './study-file.ts';

/** How far into a region its label is looked for, and what is sensitive in it. */
const LABEL_BYTES = 4096;

const REGIONS = `map_regions r JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
  JOIN map_shards p USING (shard_id)`;

/** The place in `PROBABILITY_BOUNDS` of a region. */
const BOUND = `CASE ${PROBABILITY_BOUNDS.map((p, i) =>
  p === 0 ? `ELSE ${i}` : `WHEN best_logp >= ${Math.log(p)} THEN ${i}`,
).join(' ')} END`;

const GROUPS: Readonly<Record<RegionGrouping, { readonly key: string; readonly order: string }>> = {
  document: { key: 'document_id', order: 'best DESC, n_regions DESC, key' },
  probability: { key: BOUND, order: 'key' },
  licence: { key: 'license', order: 'n_regions DESC, license' },
};

export function listRegionGroups(
  db: Database,
  by: RegionGrouping,
  { offset, limit }: PageRequest,
): Page<RegionGroup> {
  const { key, order } = GROUPS[by];
  const first = by === 'licence' ? 'min(document_id)' : key;
  const items = db
    .prepare(
      `SELECT ${first} AS key, count(*) AS n_regions, count(DISTINCT document_id) AS n_documents,
         max(best_logp) AS best, s.name AS shard, d.row, d.repository, d.path, d.license
       FROM ${REGIONS} WHERE p.is_control = 0 GROUP BY ${key} ORDER BY ${order} LIMIT ? OFFSET ?`,
    )
    .all(limit, offset)
    .map((row) => ({
      key: Number(row.key),
      provenance: by === 'document' ? provenanceOf(row) : null,
      license: by === 'licence' ? foreign(String(row.license)) : null,
      nRegions: Number(row.n_regions),
      nDocuments: Number(row.n_documents),
      bestLogp: Number(row.best),
    }));
  const total = db
    .prepare(`SELECT count(DISTINCT ${key}) AS n FROM ${REGIONS} WHERE p.is_control = 0`)
    .get()!;
  return { items, offset, total: Number(total.n) };
}

const IN_GROUP: Readonly<Record<RegionGrouping, string>> = {
  document: 'document_id = ?',
  probability: `${BOUND} = ?`,
  licence: 'd.license = (SELECT license FROM documents WHERE document_id = ?)',
};

/** A region with the beginning of its text, of which its label is made. */
export type StoredRegion = Omit<MapRegion, 'text'> & { readonly text: Uint8Array };

export function listRegions(
  db: Database,
  by: RegionGrouping,
  key: number,
  { offset, limit }: PageRequest,
): Page<StoredRegion> {
  const where = `FROM ${REGIONS} WHERE p.is_control = 0 AND ${IN_GROUP[by]}`;
  const order = by === 'document' ? 'r.byte_offset' : 'best_logp DESC, document_id, r.byte_offset';
  const items = db
    .prepare(
      `SELECT ${PLACE}, substr(r.text, 1, ${LABEL_BYTES}) AS start, s.name AS shard, d.row, d.repository,
         d.path, d.license ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    )
    .all(key, limit, offset)
    .map((row) => ({
      ...placeOf(row),
      documentId: Number(row.document_id),
      provenance: provenanceOf(row),
      fingerprint: String(row.fingerprint),
      text: row.start as Uint8Array,
    }));
  const total = db.prepare(`SELECT count(*) AS n ${where}`).get(key)!;
  return { items, offset, total: Number(total.n) };
}

const PLACE = `r.document_id, r.byte_offset, r.n_bytes, r.first_line, r.last_line, r.n_windows, r.best_logp,
  r.fingerprint`;

const placeOf = (row: Readonly<Record<string, SQLOutputValue>>) => ({
  byteOffset: Number(row.byte_offset),
  nBytes: Number(row.n_bytes),
  firstLine: Number(row.first_line),
  lastLine: Number(row.last_line),
  nWindows: Number(row.n_windows),
  bestLogp: Number(row.best_logp),
});

/** All regions of a document, in order, without their texts. */
export const regionsIn = (db: Database, documentId: number) =>
  db
    .prepare(`SELECT ${PLACE} FROM map_regions r WHERE document_id = ? ORDER BY byte_offset`)
    .all(documentId)
    .map(placeOf);

/** The longest region of a document, with its place: what must stand there when the document is opened again. */
export function longestRegion(db: Database, documentId: number) {
  const row = db
    .prepare(
      `SELECT text, byte_offset, n_bytes FROM map_regions WHERE document_id = ?
       ORDER BY n_bytes DESC, byte_offset LIMIT 1`,
    )
    .get(documentId);
  return (
    row && {
      text: row.text as Uint8Array,
      byteOffset: Number(row.byte_offset),
      nBytes: Number(row.n_bytes),
    }
  );
}

/** How much of the training data a map holds, for lists. */
export function summariseMap(db: Database): { readonly nWindows: number; readonly nRegions: number } {
  const windows = db
    .prepare('SELECT coalesce(sum(n_windows), 0) AS n FROM map_shards WHERE is_control = 0')
    .get()!;
  const regions = db
    .prepare(
      `SELECT count(*) AS n FROM map_regions JOIN documents USING (document_id)
       JOIN map_shards USING (shard_id) WHERE is_control = 0`,
    )
    .get()!;
  return { nWindows: Number(windows.n), nRegions: Number(regions.n) };
}
