// The first places of one fragment after another: statements are prepared once, for reports
// that go through all of them.

import type { SampleOccurrence, TrainOccurrence } from '../../protocol/fragments.ts';
import { openLoopReader } from './loop-fragments.ts';
import { provenanceOf } from './provenance.ts';
import type { Database } from './study-file.ts';

export interface PlaceReader {
  train(fragmentId: number): readonly Omit<TrainOccurrence, 'documentId'>[];
  samples(fragmentId: number): readonly SampleOccurrence[];
  /** All samples that hold it only repeat themselves. */
  isOnlyInLoops(fragmentId: number): boolean;
}

/** `limit` is the most places that are read of a fragment, in the samples and in the corpus each. */
export function openPlaceReader(db: Database, limit: number): PlaceReader {
  const train = db.prepare(
    `SELECT o.first_line, o.last_line, d.row, d.repository, d.path, d.license, s.name AS shard
     FROM train_occurrences o JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
     WHERE fragment_id = ? ORDER BY ordinal LIMIT ?`,
  );
  const samples = db.prepare(
    'SELECT sample_id, first_line, last_line FROM sample_occurrences WHERE fragment_id = ? ORDER BY ordinal LIMIT ?',
  );
  return {
    train: (fragmentId) =>
      train.all(fragmentId, limit).map((row) => ({
        firstLine: Number(row.first_line),
        lastLine: Number(row.last_line),
        provenance: provenanceOf(row),
      })),
    samples: (fragmentId) =>
      samples.all(fragmentId, limit).map((row) => ({
        sampleId: Number(row.sample_id),
        firstLine: Number(row.first_line),
        lastLine: Number(row.last_line),
      })),
    isOnlyInLoops: openLoopReader(db),
  };
}

/** `[sample, first line, last line]` of each place in the samples, as quickly as they can be read. */
export type SamplePlaceRow = readonly [sampleId: number, firstLine: number, lastLine: number];
/** `[document, first line, last line]` of each place in the training documents. */
export type TrainPlaceRow = readonly [documentId: number, firstLine: number, lastLine: number];

/** All kept places of one fragment after another, for exports. */
export function openAllPlaces(db: Database): {
  train(fragmentId: number): readonly TrainPlaceRow[];
  samples(fragmentId: number): readonly SamplePlaceRow[];
} {
  const read = (table: string, id: string) => {
    const places = db.prepare(
      `SELECT ${id}, first_line, last_line FROM ${table} WHERE fragment_id = ? ORDER BY ordinal`,
    );
    places.setReturnArrays(true);
    return (fragmentId: number) => places.all(fragmentId) as unknown as readonly SamplePlaceRow[];
  };
  return {
    train: read('train_occurrences', 'document_id'),
    samples: read('sample_occurrences', 'sample_id'),
  };
}

/** The sample of each fragment's first place, by rank; fragments without a place are left out. */
export function* readFirstSamples(db: Database, most: number | undefined): Generator<number> {
  const samples = db.prepare(
    `SELECT (SELECT sample_id FROM sample_occurrences o WHERE o.fragment_id = f.fragment_id
       ORDER BY ordinal LIMIT 1) AS sample
     FROM fragments f ORDER BY fragment_id LIMIT ?`,
  );
  for (const { sample } of samples.iterate(most ?? -1)) if (sample !== null) yield Number(sample);
}
