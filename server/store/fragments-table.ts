// Tables `fragments` and the two of occurrences: written at once by the analysis.

import type { Fragment, Place } from '../engine/detection.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

/** Replaces all fragments, in the order given. Call inside a transaction. Returns how many there are. */
export function replaceFragments(db: Database, fragments: Iterable<Fragment>): number {
  db.exec('DELETE FROM train_occurrences; DELETE FROM sample_occurrences; DELETE FROM fragments');
  const insert = db.prepare('INSERT INTO fragments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertTrain = db.prepare('INSERT INTO train_occurrences VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertSample = db.prepare('INSERT INTO sample_occurrences VALUES (?, ?, ?, ?, ?, ?, ?)');
  const range = (p: Place) => [p.firstLine, p.lastLine, p.byteOffset, p.nBytes] as const;
  let id = 0;
  for (const f of fragments) {
    const counts = [f.train, f.nDocuments, f.nRepositories, f.extract, f.nSamples] as const;
    insert.run(id, f.fingerprint, f.nLines, f.text, ...counts, f.clipped ? 1 : 0, f.family);
    for (const [ordinal, place] of f.trainPlaces.entries()) {
      insertTrain.run(id, ordinal, documentId(place.shard, place.row), ...range(place));
    }
    for (const [ordinal, place] of f.samplePlaces.entries()) {
      insertSample.run(id, ordinal, place.sampleId, ...range(place));
    }
    id++;
  }
  return id;
}
