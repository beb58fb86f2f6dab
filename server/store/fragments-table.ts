// Tables `fragments`, the two of occurrences and `memorised_ranges`: written at once by the analysis.

import type { CoveredRange, Fragment, FragmentFigures, Place } from '../engine/detection.ts';
import type { Steps } from '../engine/steps.ts';
import { type PlaceTable, PlaceWriter } from './place-writer.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

/** Writes a place of which only the lines are known. `whose` is the document or the sample that holds it. */
export type WritePlace = (
  fragmentId: number,
  ordinal: number,
  whose: number,
  firstLine: number,
  lastLine: number,
) => void;

/** Fills the table of a new study. Call inside a transaction. */
export function insertFragments(db: Database, fragments: Iterable<FragmentFigures>): void {
  const write = fragmentWriter(db);
  let id = 0;
  for (const fragment of fragments) write(id++, fragment);
}

/** Fills one of the tables of places of a new study; they come in order of fragments and of ordinals. Call inside a transaction. */
export function insertPlaces(db: Database, table: PlaceTable, writeAll: (write: WritePlace) => void): void {
  const indexes = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?")
    .all(table);
  // Made at once an index is sorted first; kept up to date, each row would touch a page somewhere in it.
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  const writer = new PlaceWriter(db, table, 'lines');
  writeAll((fragmentId, ordinal, whose, firstLine, lastLine) =>
    writer.write(fragmentId, ordinal, whose, firstLine, lastLine),
  );
  writer.end();
  for (const { sql } of indexes) db.exec(String(sql));
}

/** Replaces all fragments, in the order given, in steps of one. Call inside a transaction. Returns how many there are. */
export function* replaceInSteps(db: Database, fragments: Iterable<Fragment>): Steps<number> {
  db.exec('DELETE FROM train_occurrences; DELETE FROM sample_occurrences; DELETE FROM fragments');
  const write = fragmentWriter(db);
  const train = new PlaceWriter(db, 'train_occurrences', 'bytes');
  const samples = new PlaceWriter(db, 'sample_occurrences', 'bytes');
  let id = 0;
  for (const fragment of fragments) {
    write(id, fragment);
    for (const [ordinal, place] of fragment.trainPlaces.entries())
      train.write(id, ordinal, documentId(place.shard, place.row), ...range(place));
    for (const [ordinal, place] of fragment.samplePlaces.entries())
      samples.write(id, ordinal, place.sampleId, ...range(place));
    id++;
    yield;
  }
  train.end();
  samples.end();
  return id;
}

function fragmentWriter(db: Database): (id: number, fragment: FragmentFigures) => void {
  const insert = db.prepare('INSERT INTO fragments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return (id, f) => {
    const counts = [f.train, f.nDocuments, f.nRepositories, f.extract, f.nSamples] as const;
    insert.run(id, f.fingerprint, f.nLines, f.text, ...counts, f.clipped ? 1 : 0, f.family);
  };
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
