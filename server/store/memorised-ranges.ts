// Table `memorised_ranges`: which parts of the samples are memorised.

import type { Database } from './study-file.ts';

/** Tells whether a raw 1-based line of a sample lies in a memorised part. */
export function openMemorisedLines(db: Database): (sampleId: number, line: number) => boolean {
  const holding = db.prepare(
    'SELECT 1 FROM memorised_ranges WHERE sample_id = ? AND first_line <= ? AND last_line >= ?',
  );
  return (sampleId, line) => holding.get(sampleId, line, line) !== undefined;
}
