// Tables `fragments`, the two of occurrences and `memorised_ranges`: written at once by the analysis.

import type { CoveredRange, Fragment, Place } from '../engine/detection.ts';
import { finish, type Steps } from '../engine/steps.ts';
import { PlaceWriter } from './place-writer.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

/** Replaces all fragments, in the order given. Call inside a transaction. Returns how many there are. */
export function replaceFragments(db: Database, fragments: Iterable<Fragment>): number {
  const indexes = db
    .prepare(
      `SELECT name, sql FROM sqlite_schema
       WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('train_occurrences', 'sample_occurrences')`,
    )
    .all();
  // Made at once an index is sorted first; kept up to date, each row would touch a page somewhere in it.
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  const nFragments = finish(replaceInSteps(db, fragments));
  for (const { sql } of indexes) db.exec(String(sql));
  return nFragments;
}

/** `replaceFragments` in steps of one fragment, for a process that has other things to do too. */
export function* replaceInSteps(db: Database, fragments: Iterable<Fragment>): Steps<number> {
  db.exec('DELETE FROM train_occurrences; DELETE FROM sample_occurrences; DELETE FROM fragments');
  const insert = db.prepare('INSERT INTO fragments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const train = new PlaceWriter(db, 'train_occurrences');
  const samples = new PlaceWriter(db, 'sample_occurrences');
  let id = 0;
  for (const f of fragments) {
    const counts = [f.train, f.nDocuments, f.nRepositories, f.extract, f.nSamples] as const;
    insert.run(id, f.fingerprint, f.nLines, f.text, ...counts, f.clipped ? 1 : 0, f.family);
    for (const [ordinal, place] of f.trainPlaces.entries())
      train.write(id, ordinal, documentId(place.shard, place.row), place);
    for (const [ordinal, place] of f.samplePlaces.entries())
      samples.write(id, ordinal, place.sampleId, place);
    id++;
    yield;
  }
  train.end();
  samples.end();
  return id;
}

/** Replaces all covered ranges; they come ordered by sample. Call inside a transaction. */
export function replaceCoverage(db: Database, ranges: Iterable<CoveredRange>): void {
  db.exec('DELETE FROM memorised_ranges');
  const insert = db.prepare('INSERT INTO memorised_ranges VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  let sampleId = -1;
  let ordinal = 0;
  for (const covered of ranges) {
    ordinal = covered.sampleId === sampleId ? ordinal + 1 : 0;
    sampleId = covered.sampleId;
    insert.run(sampleId, ordinal, covered.nLines, ...range(covered), covered.nWindows);
  }
}

const range = (p: Place) => [p.firstLine, p.lastLine, p.byteOffset, p.nBytes] as const;
