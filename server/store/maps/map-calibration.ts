// Table `map_calibration`: windows of the training data that the sampler draws again and again, and how often they came.

import { damaged } from '../../sqlite-failure.ts';
import type { Database } from '../study-file.ts';

/** A kept window by its place. */
export interface WindowAt {
  readonly documentId: number;
  /** In tokens of the document. */
  readonly start: number;
  /** Nats, under the rule of drawing. */
  readonly logp: number;
}

export interface CalibrationWindow extends WindowAt {
  readonly ordinal: number;
  readonly nDraws: number;
  /** Draws that gave the suffix; null until all were made. */
  readonly nCame: number | null;
}

/** Kept windows of the training data with a log-probability between the two, by document. */
export function* readWindowsBetween(db: Database, least: number, most: number): Generator<WindowAt> {
  const rows = db
    .prepare(
      `SELECT w.document_id, w.start, w.logp FROM map_windows w JOIN documents USING (document_id)
       JOIN map_shards USING (shard_id) WHERE is_control = 0 AND w.logp BETWEEN ? AND ?
       ORDER BY w.document_id, w.start`,
    )
    .iterate(least, most);
  for (const { document_id, start, logp } of rows) {
    yield { documentId: Number(document_id), start: Number(start), logp: Number(logp) };
  }
}

/** The tokens of a kept window: prefix, then suffix. */
export function openWindowTokens(db: Database): (window: WindowAt) => Uint32Array {
  const one = db.prepare('SELECT tokens FROM map_windows WHERE document_id = ? AND start = ?');
  return ({ documentId, start }) => {
    const tokens = one.get(documentId, start)?.tokens;
    if (!(tokens instanceof Uint8Array) || tokens.length % 4 !== 0) {
      throw damaged(db.path, `the tokens of a window of document ${documentId} are not whole`);
    }
    return new Uint32Array(tokens.slice().buffer);
  };
}

/**
 * Keeps which windows are drawn, in this order. One that stood there already, was drawn and is held against the same
 * probability stays drawn. Call inside a transaction.
 */
export function insertCalibration(db: Database, windows: readonly WindowAt[], nDraws: number): void {
  const known = readCalibration(db);
  db.exec('DELETE FROM map_calibration');
  const insert = db.prepare('INSERT INTO map_calibration VALUES (?, ?, ?, ?, ?, ?)');
  for (const [ordinal, { documentId, start, logp }] of windows.entries()) {
    const before = known[ordinal];
    const isSame =
      before?.documentId === documentId &&
      before.start === start &&
      before.logp === logp &&
      before.nDraws === nDraws;
    insert.run(ordinal, documentId, start, logp, nDraws, isSame ? before.nCame : null);
  }
}

/** More windows, and more draws of each, are no plan's. */
const MOST = 10_000;

/** In order. */
export function readCalibration(db: Database): readonly CalibrationWindow[] {
  const rows = db.prepare('SELECT * FROM map_calibration ORDER BY ordinal LIMIT ?').all(MOST);
  return rows.map((row, i) => {
    const [ordinal, nDraws] = [Number(row.ordinal), Number(row.n_draws)];
    const nCame = row.n_came === null ? null : Number(row.n_came);
    const logp = Number(row.logp);
    const isSound =
      ordinal === i && nDraws >= 1 && nDraws <= MOST && (nCame ?? 0) >= 0 && (nCame ?? 0) <= nDraws;
    if (!isSound || !(logp < 0 && Math.exp(logp) > 0)) {
      throw damaged(db.path, 'the draws of a window are not in order');
    }
    const [documentId, start] = [Number(row.document_id), Number(row.start)];
    return { ordinal, documentId, start, logp, nDraws, nCame };
  });
}

/** Call inside a transaction. */
export function setCame(db: Database, counts: Iterable<readonly [ordinal: number, nCame: number]>): void {
  const update = db.prepare('UPDATE map_calibration SET n_came = ? WHERE ordinal = ?');
  for (const [ordinal, nCame] of counts) update.run(nCame, ordinal);
}
