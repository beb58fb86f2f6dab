// Table `control_samples`: how much of the control's documents the corpus has, too.

import { isDone, setDone } from './stages-table.ts';
import type { Database } from './study-file.ts';

export interface ControlRow {
  readonly nLines: number;
  readonly nMemorisedLines: number;
  /** Null where a version did not count them, likewise below. */
  readonly nWindows: number | null;
  readonly nMemorisedWindows: number | null;
}

/** Call inside a transaction. */
export function replaceControl(db: Database, rows: readonly ControlRow[], inputs: string): void {
  db.exec('DELETE FROM control_samples');
  const insert = db.prepare('INSERT INTO control_samples VALUES (?, ?, ?, ?, ?)');
  for (const [i, row] of rows.entries())
    insert.run(i, row.nLines, row.nMemorisedLines, row.nWindows, row.nMemorisedWindows);
  setDone(db, 'control', inputs);
}

/** Null where there is no control, or it was not looked for yet. */
export function readControl(db: Database): readonly ControlRow[] | null {
  if (!isDone(db, 'control')) return null;
  return db
    .prepare('SELECT * FROM control_samples ORDER BY control_id')
    .all()
    .map((row) => ({
      nLines: Number(row.n_lines),
      nMemorisedLines: Number(row.n_memorised_lines),
      nWindows: row.n_windows as number | null,
      nMemorisedWindows: row.n_memorised_windows as number | null,
    }));
}
