// Rows that are broken behind more lines than are held at once: what was taken of them counts for no document.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listShards } from '../../../server/corpus/shard.ts';
import { lookUp } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { build, scan } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };
const { signal } = new AbortController();

/** A kernel holds some 260,000 records, and there are 0.36 for each line. */
const MANY_LINES = 900_000;
const lines = (first: number, n: number) => Array.from({ length: n }, (_, i) => `line ${first + i}`);
const row = (text: readonly string[]) => JSON.stringify({ content: text.join('\n') });

test('a row that is broken behind very many lines proposes nothing wrong', async () => {
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  const shard = join(corpus, 'rows.jsonl');
  const broken = row(lines(1000, MANY_LINES)).slice(0, -1);
  writeFileSync(shard, `${row(lines(0, 20))}\n${broken},}\n${row(lines(100, 20))}\n`);
  appendFileSync(shard, broken);
  const to = join(folder, 'index');
  const { nProblems } = await build(to, [shard], rule);
  assert.equal(nProblems, 2);
  using index = new CorpusIndex(to);
  assert.deepEqual(
    [...index.places()].map(({ entry }) => entry.nDocuments),
    [2],
  );
  for (const [first, nFound] of [
    [5, 1],
    [105, 1],
    [2000, 0],
    [MANY_LINES, 0],
  ] as const) {
    const text = Buffer.from(lines(first, 10).join('\n'));
    const { fragments, notes } = await lookUp(index, text, { signal });
    const scanned = await scan(listShards([shard]), [{ sampleId: 0, text, cut: false }], rule);
    assert.deepEqual([fragments, fragments.length, notes], [scanned.fragments, nFound, []]);
  }
});
