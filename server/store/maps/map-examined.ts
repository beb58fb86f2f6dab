// Table `map_examined`: windows that are looked at more closely, as many of the training data as of the control.

import type { SQLOutputValue } from 'node:sqlite';
import { damaged } from '../../sqlite-failure.ts';
import type { Database } from '../study-file.ts';
import type { MapSide } from './map-reader.ts';

export interface ExaminedWindow {
  readonly documentId: number;
  readonly start: number;
  /** Prefix, then suffix. */
  readonly tokens: Uint32Array;
  /** Null until its greedy continuation was made. */
  readonly nEdits: number | null;
  /** Whether its suffix was put behind others' prefixes, where there are any. */
  readonly isCompared: boolean;
  /** Null until then, and where there are none. */
  readonly prior: WindowPrior | null;
}

/** Log-probabilities of a suffix, in nats. */
export interface WindowPrior {
  /** Under the whole softmax at temperature 1: behind its own prefix, and the mean of those behind unrelated ones. */
  readonly plainOwn: number;
  readonly plainUnrelated: number;
  /** Under the rule of drawing, minus infinity where it is never drawn; behind unrelated ones that of the mean probability. */
  readonly drawnOwn: number;
  readonly drawnUnrelated: number;
  readonly nUnrelated: number;
}

/** Those with the lowest ranks of each side; call inside a transaction. */
export function keepLowestRanks(db: Database, most: number): void {
  const remove = db.prepare(
    `DELETE FROM map_examined WHERE (document_id, start) IN (
       SELECT document_id, start FROM map_examined JOIN documents USING (document_id) JOIN map_shards USING (shard_id)
       WHERE is_control = ? ORDER BY rank, document_id, start LIMIT -1 OFFSET ?)`,
  );
  for (const isControl of [0, 1]) remove.run(isControl, most);
}

/** In order of their ranks. */
export const readExamined = (db: Database, side: MapSide): readonly ExaminedWindow[] =>
  db
    .prepare(
      `SELECT e.* FROM map_examined e JOIN documents USING (document_id) JOIN map_shards USING (shard_id)
       WHERE is_control = ? ORDER BY rank, document_id, start`,
    )
    .all(side === 'control' ? 1 : 0)
    .map((row) => windowOf(db, row));

function windowOf(db: Database, row: Readonly<Record<string, SQLOutputValue>>): ExaminedWindow {
  const { tokens, n_unrelated: nUnrelated } = row;
  if (!(tokens instanceof Uint8Array) || tokens.length % 4 !== 0) {
    throw damaged(db.path, `the tokens of a window of document ${row.document_id} are not whole`);
  }
  const logp = (value: SQLOutputValue | undefined) => (value === null ? -Infinity : Number(value));
  return {
    documentId: Number(row.document_id),
    start: Number(row.start),
    tokens: new Uint32Array(tokens.slice().buffer),
    nEdits: row.n_edits === null ? null : Number(row.n_edits),
    isCompared: nUnrelated !== null,
    prior:
      nUnrelated === null || nUnrelated === 0
        ? null
        : {
            plainOwn: Number(row.plain_own),
            plainUnrelated: Number(row.plain_unrelated),
            drawnOwn: logp(row.drawn_own),
            drawnUnrelated: logp(row.drawn_unrelated),
            nUnrelated: Number(nUnrelated),
          },
  };
}

type Place = Pick<ExaminedWindow, 'documentId' | 'start'>;

/** Call inside a transaction. */
export function setEdits(db: Database, edits: Iterable<readonly [place: Place, nEdits: number]>): void {
  const update = db.prepare('UPDATE map_examined SET n_edits = ? WHERE document_id = ? AND start = ?');
  for (const [{ documentId, start }, nEdits] of edits) update.run(nEdits, documentId, start);
}

/** Null for a window of which no unrelated prefix is known. Call inside a transaction. */
export function setPriors(
  db: Database,
  priors: Iterable<readonly [place: Place, prior: WindowPrior | null]>,
): void {
  const update = db.prepare(
    `UPDATE map_examined SET n_unrelated = ?, plain_own = ?, plain_unrelated = ?, drawn_own = ?, drawn_unrelated = ?
     WHERE document_id = ? AND start = ?`,
  );
  const finite = (logp: number | undefined) => (logp === undefined || logp === -Infinity ? null : logp);
  for (const [{ documentId, start }, prior] of priors) {
    update.run(
      ...[prior?.nUnrelated ?? 0, prior?.plainOwn ?? null, prior?.plainUnrelated ?? null],
      ...[finite(prior?.drawnOwn), finite(prior?.drawnUnrelated), documentId, start],
    );
  }
}

/** Which windows they are is kept; what was found of them depends on all of them. Call inside a transaction. */
export function forgetExamined(db: Database): void {
  db.exec(
    `UPDATE map_examined SET n_edits = NULL, n_unrelated = NULL, plain_own = NULL, plain_unrelated = NULL,
       drawn_own = NULL, drawn_unrelated = NULL`,
  );
}

/** Whether no window waits for its greedy continuation, or for its prior. */
export const isExamined = (db: Database): boolean =>
  db.prepare('SELECT 1 FROM map_examined WHERE n_edits IS NULL OR n_unrelated IS NULL LIMIT 1').get() ===
  undefined;
