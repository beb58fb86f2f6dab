// Writes the places of one fragment after another. There are millions, and a call of SQLite takes longer than what it does with a
// row, so each call brings many.

import type { StatementSync } from 'node:sqlite';
import type { Place } from '../engine/detection.ts';
import type { Database } from './study-file.ts';

const ROWS_AT_ONCE = 64;
const N_COLUMNS = 7;

/** Call inside a transaction, and `end` before its end. */
export class PlaceWriter {
  readonly #db: Database;
  readonly #table: string;
  readonly #insert: StatementSync;
  readonly #values = new Array<number>(ROWS_AT_ONCE * N_COLUMNS).fill(0);
  #nValues = 0;

  constructor(db: Database, table: 'train_occurrences' | 'sample_occurrences') {
    this.#db = db;
    this.#table = table;
    this.#insert = this.#prepare(ROWS_AT_ONCE);
  }

  /** `whose` is the document or the sample that holds the place. */
  write(fragmentId: number, ordinal: number, whose: number, place: Place): void {
    const values = this.#values;
    let at = this.#nValues;
    values[at++] = fragmentId;
    values[at++] = ordinal;
    values[at++] = whose;
    values[at++] = place.firstLine;
    values[at++] = place.lastLine;
    values[at++] = place.byteOffset;
    values[at++] = place.nBytes;
    this.#nValues = at;
    if (at < values.length) return;
    this.#nValues = 0;
    this.#insert.run(...values);
  }

  end(): void {
    const rest = this.#values.slice(0, this.#nValues);
    this.#nValues = 0;
    if (rest.length > 0) this.#prepare(rest.length / N_COLUMNS).run(...rest);
  }

  #prepare(nRows: number): StatementSync {
    const rows = new Array<string>(nRows).fill('(?, ?, ?, ?, ?, ?, ?)');
    return this.#db.prepare(`INSERT INTO ${this.#table} VALUES ${rows.join()}`);
  }
}
