// Writes the places of one fragment after another. There are millions, and a call of SQLite takes longer than what it does with a
// row, so each call brings many.

import type { StatementSync } from 'node:sqlite';
import type { Database } from './study-file.ts';

export type PlaceTable = 'train_occurrences' | 'sample_occurrences';

const ROWS_AT_ONCE = 128;

/** What is known of places, as a row of values and how many of them are given: their bytes, too, or their lines alone. */
const ROWS = {
  bytes: { row: '(?, ?, ?, ?, ?, ?, ?)', nGiven: 7 },
  lines: { row: '(?, ?, ?, ?, ?, 0, 0)', nGiven: 5 },
} as const;

/** Call inside a transaction, and `end` before its end. */
export class PlaceWriter {
  readonly #db: Database;
  readonly #table: PlaceTable;
  readonly #known: keyof typeof ROWS;
  readonly #insert: StatementSync;
  readonly #values: number[];
  #nValues = 0;

  constructor(db: Database, table: PlaceTable, known: keyof typeof ROWS) {
    this.#db = db;
    this.#table = table;
    this.#known = known;
    this.#insert = this.#prepare(ROWS_AT_ONCE);
    this.#values = new Array<number>(ROWS_AT_ONCE * ROWS[known].nGiven).fill(0);
  }

  /** `whose` is the document or the sample that holds the place. */
  write(
    fragmentId: number,
    ordinal: number,
    whose: number,
    firstLine: number,
    lastLine: number,
    byteOffset = 0,
    nBytes = 0,
  ): void {
    const values = this.#values;
    let at = this.#nValues;
    values[at++] = fragmentId;
    values[at++] = ordinal;
    values[at++] = whose;
    values[at++] = firstLine;
    values[at++] = lastLine;
    if (this.#known === 'bytes') {
      values[at++] = byteOffset;
      values[at++] = nBytes;
    }
    this.#nValues = at;
    if (at < values.length) return;
    this.#nValues = 0;
    this.#insert.run(...values);
  }

  end(): void {
    const rest = this.#values.slice(0, this.#nValues);
    this.#nValues = 0;
    if (rest.length > 0) this.#prepare(rest.length / ROWS[this.#known].nGiven).run(...rest);
  }

  #prepare(nRows: number): StatementSync {
    const rows = new Array<string>(nRows).fill(ROWS[this.#known].row);
    return this.#db.prepare(`INSERT INTO ${this.#table} VALUES ${rows.join()}`);
  }
}
