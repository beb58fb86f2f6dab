// Table `labels`: what people say a fragment is, by annotator.

import type { Database } from './study-file.ts';

export interface StoredLabel {
  readonly fingerprint: string;
  readonly annotator: string;
  readonly label: string;
  readonly note: string;
}

/** An annotator's later label of a fragment replaces the earlier one. Call inside a transaction. */
export function putLabels(db: Database, labels: Iterable<StoredLabel>): number {
  const insert = db.prepare('INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)');
  const now = new Date().toISOString();
  let n = 0;
  for (const l of labels) {
    insert.run(l.fingerprint, l.annotator, l.label, l.note, now);
    n++;
  }
  return n;
}

export function deleteLabel(db: Database, fingerprint: string, annotator: string): void {
  db.prepare('DELETE FROM labels WHERE fingerprint = ? AND annotator = ?').run(fingerprint, annotator);
}

/** Sorted by fingerprint, then annotator. */
export function readLabels(db: Database): readonly StoredLabel[] {
  return db
    .prepare('SELECT * FROM labels ORDER BY fingerprint, annotator')
    .all()
    .map((row) => ({
      fingerprint: String(row.fingerprint),
      annotator: String(row.annotator),
      label: String(row.label),
      note: String(row.note),
    }));
}
