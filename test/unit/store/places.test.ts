// Places are written many at once, and none is lost or given to another fragment, however many a fragment has.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fragment, Place } from '../../../server/engine/detection.ts';
import { finish } from '../../../server/engine/steps.ts';
import { replaceInSteps } from '../../../server/store/fragments-table.ts';
import { openAllPlaces } from '../../../server/store/place-reader.ts';
import { documentId } from '../../../server/store/schema.ts';
import { openForWriting, transact } from '../../../server/store/study-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

const COUNTS = [0, 1, 127, 0, 128, 129, 1, 400, 5];

test('every place is kept in its order', () => {
  using db = openForWriting(join(scratchFolder(), 's.sqlite'));
  const line = (fragment: number, i: number) => 1 + ((7 * fragment + 3 * i) % 50);
  const place = (fragment: number, i: number) => ({
    firstLine: line(fragment, i),
    lastLine: line(fragment, i) + 6,
    byteOffset: 10 * i,
    nBytes: fragment,
  });
  const fragments = COUNTS.map(
    (n, f): Fragment => ({
      fingerprint: String(f).padStart(32, '0'),
      nLines: 6,
      text: Buffer.from(`text ${f}`),
      train: n,
      nDocuments: n,
      nRepositories: 0,
      extract: n + 1,
      nSamples: n,
      clipped: false,
      family: f,
      trainPlaces: Array.from({ length: n }, (_, i) => ({ shard: 2 ** 20 + f, row: i, ...place(f, i) })),
      samplePlaces: Array.from({ length: n + 1 }, (_, i) => ({ sampleId: 5 * i + f, ...place(f, i) })),
    }),
  );
  transact(db, () => finish(replaceInSteps(db, fragments)));
  const places = openAllPlaces(db);
  for (const [f, { trainPlaces, samplePlaces }] of fragments.entries()) {
    assert.deepEqual(
      places.train(f),
      trainPlaces.map(({ shard, row, firstLine, lastLine }) => [documentId(shard, row), firstLine, lastLine]),
    );
    assert.deepEqual(
      places.samples(f),
      samplePlaces.map(({ sampleId, firstLine, lastLine }) => [sampleId, firstLine, lastLine]),
    );
  }
  for (const table of ['train_occurrences', 'sample_occurrences']) {
    const [row] = db.prepare(`SELECT sum(byte_offset) AS a, sum(n_bytes) AS b FROM ${table}`).all();
    const all = fragments.flatMap(({ trainPlaces, samplePlaces }): readonly Place[] =>
      table === 'train_occurrences' ? trainPlaces : samplePlaces,
    );
    const sum = (name: 'byteOffset' | 'nBytes') => all.reduce((total, p) => total + p[name], 0);
    assert.deepEqual([row?.a, row?.b], [sum('byteOffset'), sum('nBytes')]);
  }
});
