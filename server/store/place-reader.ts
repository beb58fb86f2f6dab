// The first places of one fragment after another: statements are prepared once, for reports
// that go through all of them.

import type { SampleOccurrence, TrainOccurrence } from '../../protocol/fragments.ts';
import type { Database } from './study-file.ts';

export interface PlaceReader {
  train(fragmentId: number): readonly Omit<TrainOccurrence, 'documentId'>[];
  samples(fragmentId: number): readonly SampleOccurrence[];
}

/** `limit` is the most places of a fragment and side. */
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
        provenance: {
          shard: String(row.shard),
          row: Number(row.row),
          repository: String(row.repository),
          path: String(row.path),
          license: String(row.license),
        },
      })),
    samples: (fragmentId) =>
      samples.all(fragmentId, limit).map((row) => ({
        sampleId: Number(row.sample_id),
        firstLine: Number(row.first_line),
        lastLine: Number(row.last_line),
      })),
  };
}
