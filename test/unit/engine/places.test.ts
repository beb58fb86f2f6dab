// Beyond the cap on places: counts stay exact, the places kept are the first ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACE_CAP } from '../../../server/engine/detection.ts';
import { findFragments } from '../../../server/engine/find-fragments.ts';
import { bytesOf } from '../../oracle/adversarial-text.ts';
import { bruteForce } from '../../oracle/brute-force.ts';
import { plainScan } from '../../oracle/plain-runs.ts';
import { withLines } from '../../support/with-lines.ts';

const rule = { minLines: 3, profile: 'exact-1' as const };

test('a fragment in more places than are kept', () => {
  const blocks = ['a\nb\nc\n', 'b\nc\nd\n', 'a\nb\nc\nd\n', 'x\nx\nx\nx\nx\n'];
  const samples = Array.from({ length: 1000 }, (_, i) => ({
    sampleId: i,
    text: bytesOf(`${blocks[i % 3]}${i}\n${blocks[(i + 1) % 4]}`),
    cut: i % 50 === 0,
  }));
  const shards = [0, 1, 2].map((shard) => ({
    shard,
    documents: Array.from({ length: 300 }, (_, row) => ({
      row,
      byteOffset: 0,
      repository: `r${(shard * 7 + row) % 40}`,
      path: '',
      license: '',
      text: bytesOf(`${blocks[(row + shard) % 4]}\ny${row}\n${blocks[row % 3]}${blocks[(row + 1) % 4]}`),
    })),
  }));
  const results = shards.map(({ shard, documents }) => ({
    shard,
    result: plainScan(samples, rule, documents),
  }));
  const expected = bruteForce(samples, rule, shards).map((fragment) => ({
    ...fragment,
    trainPlaces: fragment.trainPlaces.slice(0, PLACE_CAP),
    samplePlaces: fragment.samplePlaces.slice(0, PLACE_CAP),
  }));
  assert.ok(expected.some(({ train }) => train > PLACE_CAP));
  assert.ok(expected.some(({ extract }) => extract > PLACE_CAP));
  assert.deepEqual([...findFragments(withLines({ samples, rule, results }))], expected);
});

test('one run that occurs more often than its places are kept', () => {
  const text = bytesOf('a\nb\nc\nd\n');
  const samples = [{ sampleId: 0, text, cut: false }];
  const documents = Array.from({ length: PLACE_CAP + 500 }, (_, row) => ({
    row,
    byteOffset: 0,
    repository: `r${row % 3}`,
    path: '',
    license: '',
    text: row % 2 ? text : bytesOf('a\nb\nc\n'),
  }));
  const result = plainScan(samples, rule, documents);
  const found = [...findFragments(withLines({ samples, rule, results: [{ shard: 0, result }] }))];
  assert.deepEqual(
    found.map(({ nLines, train, nDocuments, nRepositories }) => [nLines, train, nDocuments, nRepositories]),
    [
      [3, 1500, 1500, 3],
      [4, 750, 750, 3],
    ],
  );
  assert.deepEqual(
    found.map(({ trainPlaces }) => [trainPlaces.length, trainPlaces.at(-1)!.row]),
    [
      [1000, 999],
      [750, 1499],
    ],
  );
});
