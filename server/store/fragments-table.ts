// Tables `fragments`, the two of occurrences and `memorised_ranges`: written at once by the analysis.

import type { CoveredRange, Fragment, FragmentFigures, Place } from '../engine/detection.ts';
import type { Steps } from '../engine/steps.ts';
import { PlaceWriter } from './place-writer.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

/** Fills the table of a new study. Call inside a transaction. */
export function insertFragments(db: Database, fragments: Iterable<FragmentFigures>): void {
  const write = fragmentWriter(db);
  let id = 0;
  for (const fragment of fragments) write(id++, fragment);
}

/** Replaces all fragments, in the order given, in steps of one. Call inside a transaction. Returns how many there are. */
export function* replaceInSteps(db: Database, fragments: Iterable<Fragment>): Steps<number> {
  db.exec('DELETE FROM train_occurrences; DELETE FROM sample_occurrences; DELETE FROM fragments');
  const write = fragmentWriter(db);
  const train = new PlaceWriter(db, 'train_occurrences');
  const samples = new PlaceWriter(db, 'sample_occurrences');
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
