// What an index answers against a scan of the same corpus: any texts, any format, any rule, any number of segments.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { listShards } from '../../../server/corpus/shard.ts';
import { mergeSegments, removeShards } from '../../../server/corpus-index/change-index.ts';
import { lookUp } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { scene } from '../../oracle/adversarial-text.ts';
import { build, scan, type Written, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const signal = new AbortController().signal;

const rules = fc.record({
  minLines: fc.constantFrom(1, 2, 3, 6),
  profile: fc.constantFrom('exact-1' as const, 'text-1' as const),
});
const names = ['a.jsonl', 'b.json.gz', 'c.jsonl.zst', 'tree/'];

async function answersLikeScan(index: string, paths: readonly string[], texts: readonly Uint8Array[]) {
  using open = new CorpusIndex(index);
  const shards = listShards(paths);
  const numbers = new Map(shards.map(({ path }, i) => [path, i]));
  for (const text of texts) {
    const found = await lookUp(open, text, { signal });
    assert.deepEqual(found.notes, []);
    assert.deepEqual(found.unopened, []);
    const scanned = await scan(shards, [{ sampleId: 0, text, cut: false }], open.manifest.rule);
    const number = (n: number) =>
      numbers.get(open.pathOf(found.results.find((one) => one.shard === n)!.proposal))!;
    const fragments = found.fragments.map((fragment) => ({
      ...fragment,
      trainPlaces: fragment.trainPlaces
        .map((place) => ({ ...place, shard: number(place.shard) }))
        .toSorted((a, b) => a.shard - b.shard || a.row - b.row || a.firstLine - b.firstLine),
    }));
    assert.deepEqual(fragments, scanned.fragments);
    for (const { proposal, result } of found.results) {
      const expected = scanned.results.find(({ shard }) => shard.path === open.pathOf(proposal))!;
      assert.deepEqual(result.documents, expected.result.documents);
      assert.deepEqual(result.partial, expected.result.partial);
      assert.deepEqual(result, { ...expected.result });
    }
  }
}

test('an index answers what a scan of its corpus answers', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(scene, rules, async ({ samples, shards }, rule) => {
      const corpus = join(folder, `${n++}`);
      const texts = [
        ...samples.map(({ text }) => text),
        ...shards.flatMap(({ documents }) => documents.slice(0, 1).map(({ text }) => text)),
      ];
      const written = shards.map(({ documents }, s) =>
        documents.map(
          ({ text, repository }, i): Written => ({ text, repository, path: `${s}/${i}.py`, license: 'mit' }),
        ),
      );
      const paths = written
        .filter((documents) => documents.length > 0)
        .map((documents, s) => writeShard(corpus, `s${s}/${names[(s + n) % names.length]!}`, documents));
      if (paths.length === 0) return;
      const index = join(folder, `index-${n}`);
      await build(index, paths, rule, { segmentBytes: 1 });
      await answersLikeScan(index, paths, texts);
      await mergeSegments(index, signal);
      await answersLikeScan(index, paths, texts);
      if (paths.length === 1) return;
      using open = new CorpusIndex(index);
      const first = [...open.places()].find((place) => open.pathOf(place) === paths[0])!;
      removeShards(index, [first.entry.path]);
      await answersLikeScan(index, paths.slice(1), texts);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
