// Writes the places of one fragment after another. There are millions, and a call of SQLite takes longer than what it does with a
// row, so each call brings many.

import type { StatementSync } from 'node:sqlite';
import type { Database } from './study-file.ts';

export type PlaceTable = 'train_occurrences' | 'sample_occurrences';

const ROWS_AT_ONCE = 128;

const N_VALUES = 7;
const ROW = '(?, ?, ?, ?, ?, ?, ?)';

/** Call inside a transaction, and `end` before its end. */
export class PlaceWriter {
  readonly #db: Database;
  readonly #table: PlaceTable;
  readonly #insert: StatementSync;
  readonly #values: number[];
  #nValues = 0;

  constructor(db: Database, table: PlaceTable) {
    this.#db = db;
    this.#table = table;
    this.#insert = this.#prepare(ROWS_AT_ONCE);
    this.#values = new Array<number>(ROWS_AT_ONCE * N_VALUES).fill(0);
  }

  /** `whose` is the document or the sample that holds the place. */
  write(
    fragmentId: number,
    ordinal: number,
    whose: number,
    firstLine: number,
    lastLine: number,
    byteOffset: number,
    nBytes: number,
  ): void {
    const values = this.#values;
    let at = this.#nValues;
    values[at++] = fragmentId;
    values[at++] = ordinal;
    values[at++] = whose;
    values[at++] = firstLine;
    values[at++] = lastLine;
    values[at++] = byteOffset;
    values[at++] = nBytes;
    this.#nValues = at;
    if (at < values.length) return;
    this.#nValues = 0;
    this.#insert.run(...values);
  }

  end(): void {
    const rest = this.#values.slice(0, this.#nValues);
    this.#nValues = 0;
    if (rest.length > 0) this.#prepare(rest.length / N_VALUES).run(...rest);
  }

  #prepare(nRows: number): StatementSync {
    const rows = new Array<string>(nRows).fill(ROW);
    return this.#db.prepare(`INSERT INTO ${this.#table} VALUES ${rows.join()}`);
  }
}
