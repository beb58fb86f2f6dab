// The pages that views ask of an extraction map: regions by groups, and all that is known of one document. A control is
// no training data, and is not listed.

import type { SQLOutputValue } from 'node:sqlite';
import { foreign } from '../../../guard/text/foreign.ts';
import {
  type MapRegion,
  PROBABILITY_BOUNDS,
  type RegionGroup,
  type RegionGrouping,
} from '../../../protocol/extraction-map.ts';
import type { Page, PageRequest } from '../../../protocol/fragments.ts';
import type { FragmentFilter } from '../../../protocol/views.ts';
import type { Clause } from '../fragment-filter.ts';
import { provenanceOf } from '../provenance.ts';
import { documentId } from '../schema.ts';
import type { Database } from '../study-file.ts';
import { type RegionText, regionText } from './map-regions.ts';
import { regionCondition } from './region-filter.ts';

/** How far into a region its label is looked for, and what is sensitive in it. */
const LABEL_BYTES = 4096;

/** The index that orders regions by probability; it holds no texts, so that counting by it reads none. */
const BY_BEST = 'map_regions r INDEXED BY map_regions_by_best';

/** Control shards come behind those of the training data: documents from this id on are no training data. */
function trainingEnd(db: Database): number {
  const row = db.prepare('SELECT min(shard_id) AS first FROM map_shards WHERE is_control = 1').get();
  return row?.first == null ? Number.MAX_SAFE_INTEGER : documentId(Number(row.first), 0);
}

/** What passes a view's filter; `accepted` are the fingerprints that the baseline accepts. */
export interface RegionView {
  readonly filter: FragmentFilter;
  readonly accepted: ReadonlySet<string>;
}

export function listRegionGroups(
  db: Database,
  by: RegionGrouping,
  { filter, accepted, ...request }: RegionView & PageRequest,
): Page<RegionGroup> {
  const end = trainingEnd(db);
  const passing = regionCondition(filter, accepted);
  switch (by) {
    case 'document':
      return passing === undefined
        ? groupByDocument(db, end, request)
        : groupSomeByDocument(db, end, passing, request);
    case 'probability':
      return pageOf(groupByProbability(db, end, passing), request);
    case 'licence':
      return pageOf(groupByLicence(db, end, passing), request);
  }
}

const pageOf = (all: readonly RegionGroup[], { offset, limit }: PageRequest): Page<RegionGroup> => ({
  items: all.slice(offset, offset + limit),
  offset,
  total: all.length,
});

/** Documents are walked from the likeliest on, as far as any of them has a region. */
function groupByDocument(db: Database, end: number, { offset, limit }: PageRequest): Page<RegionGroup> {
  const found = db.prepare('SELECT min(best_logp) AS least FROM map_regions').get()!;
  if (found.least === null) return { items: [], offset, total: 0 };
  const least = Number(found.least);
  const holding = `map_documents m WHERE m.best_logp >= ? AND m.document_id < ?
    AND EXISTS (SELECT 1 FROM map_regions r WHERE r.document_id = m.document_id)`;
  const items = db
    .prepare(
      `SELECT h.*, s.name AS shard, d.row, d.repository, d.path, d.license FROM (
         SELECT m.document_id, m.best_logp,
           (SELECT count(*) FROM map_regions r WHERE r.document_id = m.document_id) AS n_regions
         FROM ${holding} ORDER BY m.best_logp DESC, m.document_id LIMIT ? OFFSET ?
       ) h JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
       ORDER BY best_logp DESC, document_id`,
    )
    .all(least, end, limit, offset)
    .map(documentGroup);
  const total = db.prepare(`SELECT count(*) AS n FROM ${holding}`).get(least, end)!;
  return { items, offset, total: Number(total.n) };
}

/** The documents with a region that passes. */
function groupSomeByDocument(
  db: Database,
  end: number,
  passing: Clause,
  { offset, limit }: PageRequest,
): Page<RegionGroup> {
  const groups = `SELECT document_id, max(r.best_logp) AS best_logp, count(*) AS n_regions
    FROM map_regions r JOIN documents d USING (document_id)
    WHERE document_id < ? AND ${passing.sql} GROUP BY document_id`;
  const items = db
    .prepare(
      `SELECT h.*, s.name AS shard, d.row, d.repository, d.path, d.license
       FROM (${groups}) h JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
       ORDER BY best_logp DESC, document_id LIMIT ? OFFSET ?`,
    )
    .all(end, ...passing.values, limit, offset)
    .map(documentGroup);
  const total = db.prepare(`SELECT count(*) AS n FROM (${groups})`).get(end, ...passing.values)!;
  return { items, offset, total: Number(total.n) };
}

const documentGroup = (row: Readonly<Record<string, SQLOutputValue>>): RegionGroup => ({
  ...{ key: Number(row.document_id), provenance: provenanceOf(row), license: null },
  ...{ nRegions: Number(row.n_regions), nDocuments: 1, bestLogp: Number(row.best_logp) },
});

/** Log-probabilities from (inclusive) and to of a group. */
const rangeOf = (key: number): readonly [from: number, to: number] => [
  Math.max(-Number.MAX_VALUE, Math.log(PROBABILITY_BOUNDS[key] ?? 0)),
  key === 0 ? Number.MAX_VALUE : Math.log(PROBABILITY_BOUNDS[key - 1] ?? 0),
];

function groupByProbability(db: Database, end: number, passing: Clause | undefined): readonly RegionGroup[] {
  const { sql, values } = passing ?? EVERY;
  // Without a filter, no document is looked at.
  const joined = passing === undefined ? '' : 'JOIN documents d USING (document_id)';
  const count = db.prepare(
    `SELECT count(*) AS n, max(best_logp) AS best FROM ${BY_BEST} ${joined}
     WHERE best_logp >= ? AND best_logp < ? AND document_id < ? AND ${sql}`,
  );
  return PROBABILITY_BOUNDS.flatMap((_, key) => {
    const { n, best } = count.get(...rangeOf(key), end, ...values)!;
    const shown = { key, provenance: null, license: null, nDocuments: null };
    return n === 0 ? [] : [{ ...shown, nRegions: Number(n), bestLogp: Number(best) }];
  });
}

const EVERY: Clause = { sql: 'TRUE', values: [] };

const groupByLicence = (db: Database, end: number, { sql, values }: Clause = EVERY): readonly RegionGroup[] =>
  db
    .prepare(
      `SELECT min(document_id) AS key, license, count(*) AS n_regions, max(best_logp) AS best,
         count(DISTINCT document_id) AS n_documents
       FROM ${BY_BEST} JOIN documents d USING (document_id) WHERE document_id < ? AND ${sql}
       GROUP BY license ORDER BY n_regions DESC, license`,
    )
    .all(end, ...values)
    .map((row) => ({
      ...{ key: Number(row.key), provenance: null, license: foreign(String(row.license)) },
      ...{ nRegions: Number(row.n_regions), nDocuments: Number(row.n_documents) },
      bestLogp: Number(row.best),
    }));

/** What a group holds, with what is asked for in it. */
function inGroup(by: RegionGrouping, key: number): readonly [condition: string, ...values: number[]] {
  switch (by) {
    case 'document':
      return ['r.document_id = ?', key];
    case 'probability':
      return ['r.best_logp >= ? AND r.best_logp < ?', ...rangeOf(key)];
    case 'licence':
      return ['d.license = (SELECT license FROM documents WHERE document_id = ?)', key];
  }
}

function regionsOf(by: RegionGrouping, key: number, passing: Clause = EVERY) {
  const [condition, ...values] = inGroup(by, key);
  return { condition: `${condition} AND ${passing.sql}`, values: [...values, ...passing.values] };
}

/** Fingerprints of all regions that a view shows, or of one group of them. */
export function listRegionFingerprints(
  db: Database,
  { filter, accepted }: RegionView,
  group: { readonly by: RegionGrouping; readonly key: number } | null,
): readonly string[] {
  const passing = regionCondition(filter, accepted);
  const { condition, values } =
    group === null
      ? { condition: (passing ?? EVERY).sql, values: (passing ?? EVERY).values }
      : regionsOf(group.by, group.key, passing);
  return db
    .prepare(
      `SELECT DISTINCT r.fingerprint AS fingerprint FROM map_regions r JOIN documents d USING (document_id)
       WHERE r.document_id < ? AND ${condition}`,
    )
    .all(trainingEnd(db), ...values)
    .map(({ fingerprint }) => String(fingerprint));
}

/** A region with the beginning of its text, of which its label is made. */
export type StoredRegion = Omit<MapRegion, 'text'> & RegionText;

export function listRegions(
  db: Database,
  by: RegionGrouping,
  key: number,
  { offset, limit, filter, accepted }: RegionView & PageRequest,
): Page<StoredRegion> {
  const { condition, values } = regionsOf(by, key, regionCondition(filter, accepted));
  // A document's regions stand together in the table, all others are found by the index.
  const table = by === 'document' ? 'map_regions r' : BY_BEST;
  const where = `FROM ${table} JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
    WHERE r.document_id < ? AND ${condition}`;
  const order = by === 'document' ? 'r.byte_offset' : 'r.best_logp DESC, document_id, r.byte_offset';
  const end = trainingEnd(db);
  const items = db
    .prepare(
      `SELECT ${PLACE}, substr(r.text, 1, ${LABEL_BYTES}) AS text, r.text_before,
         CASE WHEN r.n_bytes > ${LABEL_BYTES} THEN substr(r.text, ${LABEL_BYTES + 1}, ${LABEL_BYTES})
           ELSE r.text_after END AS text_after, s.name AS shard, d.row, d.repository,
         d.path, d.license ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    )
    .all(end, ...values, limit, offset)
    .map((row) => ({
      ...placeOf(row),
      documentId: Number(row.document_id),
      provenance: provenanceOf(row),
      fingerprint: String(row.fingerprint),
      ...regionText(row),
      isAccepted: accepted.has(String(row.fingerprint)),
    }));
  const total = db.prepare(`SELECT count(*) AS n ${where}`).get(end, ...values)!;
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
export const regionsIn = (db: Database, id: number) =>
  db
    .prepare(`SELECT ${PLACE} FROM map_regions r WHERE document_id = ? ORDER BY byte_offset`)
    .all(id)
    .map(placeOf);

/** The longest region of a document, with its place: what must stand there when the document is opened again. */
export function longestRegion(db: Database, id: number) {
  const row = db
    .prepare(
      `SELECT text, text_before, text_after, byte_offset, n_bytes FROM map_regions WHERE document_id = ?
       ORDER BY n_bytes DESC, byte_offset LIMIT 1`,
    )
    .get(id);
  return (
    row && {
      ...regionText(row),
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
    .prepare(`SELECT count(*) AS n FROM ${BY_BEST} WHERE document_id < ?`)
    .get(trainingEnd(db))!;
  return { nWindows: Number(windows.n), nRegions: Number(regions.n) };
}
