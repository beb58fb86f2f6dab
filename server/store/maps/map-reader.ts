// What an extraction map measured, read back: documents with all their windows, one after the other.

import type { SQLOutputValue } from 'node:sqlite';
import type { Provenance } from '../../../protocol/fragments.ts';
import { damaged } from '../../sqlite-failure.ts';
import { provenanceOf } from '../provenance.ts';
import { documentId } from '../schema.ts';
import type { Database } from '../study-file.ts';

export type MapSide = 'training' | 'control';

/** A document with its windows, one value a window. */
export interface StoredMapDocument {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly side: MapSide;
  readonly nTokens: number;
  /** Nats; minus infinity where the rule never draws the suffix. */
  readonly logp: Float32Array;
  readonly logpPlain: Float32Array;
  readonly nArgmax: Uint32Array;
  /** Pairs: byte offset of the suffix, and its bytes. */
  readonly places: Uint32Array;
  /** How often the suffix's text is in the training data, 0 where that was not counted; null before it was. */
  readonly copies: Uint32Array | null;
}

const COLUMNS = `m.*, d.row, d.repository, d.path, d.license, s.name AS shard, p.is_control
  FROM map_documents m JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
  JOIN map_shards p USING (shard_id)`;

const PAGE = 200;

/** In order of shard and row, a page in memory at a time; those of one shard where that is named. */
export function* readMapDocuments(db: Database, shardId?: number): Generator<StoredMapDocument> {
  const [first, end] =
    shardId === undefined
      ? [0, Number.MAX_SAFE_INTEGER]
      : [documentId(shardId, 0), documentId(shardId + 1, 0)];
  const page = db.prepare(
    `SELECT ${COLUMNS} WHERE m.document_id >= ? AND m.document_id < ? ORDER BY m.document_id LIMIT ${PAGE}`,
  );
  for (let next = first; ; ) {
    const rows = page.all(next, end);
    for (const row of rows) yield documentOf(db, row);
    if (rows.length < PAGE) return;
    next = Number(rows.at(-1)!.document_id) + 1;
  }
}

/** Undefined for a document that has no window, or that there is not. */
export function readMapDocument(db: Database, id: number): StoredMapDocument | undefined {
  const row = db.prepare(`SELECT ${COLUMNS} WHERE m.document_id = ?`).get(id);
  return row && documentOf(db, row);
}

function documentOf(db: Database, row: Readonly<Record<string, SQLOutputValue>>): StoredMapDocument {
  const nWindows = Number(row.n_windows);
  const copyOf = (name: string, bytesEach: number): ArrayBuffer => {
    const bytes = row[name];
    if (!(bytes instanceof Uint8Array) || bytes.length !== bytesEach * nWindows) {
      throw damaged(db.path, `the windows of document ${row.document_id} are not whole`);
    }
    return bytes.slice().buffer;
  };
  return {
    documentId: Number(row.document_id),
    provenance: provenanceOf(row),
    side: row.is_control === 1 ? 'control' : 'training',
    nTokens: Number(row.n_tokens),
    logp: new Float32Array(copyOf('logp', 4)),
    logpPlain: new Float32Array(copyOf('logp_plain', 4)),
    nArgmax: new Uint32Array(copyOf('n_argmax', 4)),
    places: new Uint32Array(copyOf('places', 8)),
    copies: row.copies === null ? null : new Uint32Array(copyOf('copies', 4)),
  };
}

/** What was read of one side. */
export interface MapCounts {
  readonly nShards: number;
  readonly nShardsMapped: number;
  /** Documents read, measured or not. */
  readonly nDocuments: number;
  readonly nMeasured: number;
  readonly nShort: number;
  readonly nUnfaithful: number;
  readonly nTokens: number;
  readonly nWindows: number;
}

export function countMap(db: Database, side: MapSide): MapCounts {
  const isControl = side === 'control' ? 1 : 0;
  const row = db
    .prepare(
      `SELECT count(*) AS shards, count(*) FILTER (WHERE state = 'scanned') AS mapped,
         coalesce(sum(n_rows), 0) AS documents, coalesce(sum(n_short), 0) AS short,
         coalesce(sum(n_unfaithful), 0) AS unfaithful, coalesce(sum(n_tokens), 0) AS tokens,
         coalesce(sum(n_windows), 0) AS windows
       FROM map_shards JOIN shards USING (shard_id) WHERE is_control = ?`,
    )
    .get(isControl)!;
  const measured = db
    .prepare(
      `SELECT count(*) AS n FROM map_documents JOIN documents USING (document_id)
       JOIN map_shards USING (shard_id) WHERE is_control = ?`,
    )
    .get(isControl)!;
  return {
    nShards: Number(row.shards),
    nShardsMapped: Number(row.mapped),
    nDocuments: Number(row.documents),
    nMeasured: Number(measured.n),
    nShort: Number(row.short),
    nUnfaithful: Number(row.unfaithful),
    nTokens: Number(row.tokens),
    nWindows: Number(row.windows),
  };
}

/** The shards of one side that have been mapped, in order. */
export function mappedShards(db: Database, side: MapSide): readonly number[] {
  return db
    .prepare(
      `SELECT shard_id FROM map_shards JOIN shards USING (shard_id)
       WHERE state = 'scanned' AND is_control = ? ORDER BY shard_id`,
    )
    .all(side === 'control' ? 1 : 0)
    .map((row) => Number(row.shard_id));
}

/** What the counts of copies were made from: another one where a shard was read anew. */
export const describeMapped = (db: Database): readonly unknown[] =>
  db
    .prepare(
      `SELECT shard_id, state, disk_bytes, modified_ms, n_rows, content_bytes, is_control
       FROM shards JOIN map_shards USING (shard_id) ORDER BY shard_id`,
    )
    .all();

/** A training document that holds a region, with the fingerprints of its regions. */
export interface RegionRow {
  readonly provenance: Provenance;
  readonly fingerprints: readonly string[];
}

/** In order of shard and row. A control is no training data. */
export function* readRegionRows(db: Database): Generator<RegionRow> {
  const fingerprints = db.prepare(
    'SELECT DISTINCT fingerprint FROM map_regions WHERE document_id = ? ORDER BY byte_offset',
  );
  const page = db.prepare(
    `SELECT d.*, s.name AS shard FROM documents d JOIN shards s USING (shard_id) JOIN map_shards p USING (shard_id)
     WHERE p.is_control = 0 AND d.document_id >= ?
       AND EXISTS (SELECT 1 FROM map_regions r WHERE r.document_id = d.document_id)
     ORDER BY d.document_id LIMIT ${PAGE}`,
  );
  for (let next = 0; ; ) {
    const rows = page.all(next);
    for (const row of rows) {
      const held = fingerprints.all(row.document_id!).map(({ fingerprint }) => String(fingerprint));
      yield { provenance: provenanceOf(row), fingerprints: held };
    }
    if (rows.length < PAGE) return;
    next = Number(rows.at(-1)!.document_id) + 1;
  }
}
