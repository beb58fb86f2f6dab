// What an index knows of each document beside its keys, page by page: where its row stands, and what its columns say.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ColumnNames } from '../../../protocol/study.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { SegmentFile } from '../../../server/corpus-index/segment-file.ts';
import { build } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };

/** Two whole pages and one of some, with rows between them that are too short to count. */
const rows = Array.from({ length: 300 }, (_, i) => ({
  where: i % 7 === 0 ? '' : `ä/${'repository'.repeat(i % 11)}-${i}`,
  // Some of more bytes than a number of seven bits.
  file: `${'folder/'.repeat(i % 30)}${i}.py`,
  terms: i % 3 === 0 ? 'mit' : 'apache-2.0',
  text: Array.from({ length: i % 2 === 0 ? 8 : 3 }, (__, line) => `line ${line} of ${i}`).join('\n'),
}));

const namings: Readonly<Record<string, Required<ColumnNames>>> = {
  'each its own': { content: 'text', repository: 'where', path: 'file', license: 'terms' },
  'another order': { content: 'text', repository: 'terms', path: 'where', license: 'file' },
  'one for two': { content: 'text', repository: 'where', path: 'where', license: 'file' },
  'one for all': { content: 'text', repository: 'file', path: 'file', license: 'file' },
  'one that no row has': { content: 'text', repository: 'where', path: 'file', license: 'none' },
};

for (const [naming, columns] of Object.entries(namings)) {
  test(`documents are known by their columns: ${naming}`, async () => {
    const path = join(folder, `${naming}.jsonl`);
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
    writeFileSync(path, lines.join(''));
    const to = join(folder, `index ${naming}`);
    const { manifest } = await build(to, [path], rule, { shards: listShards([path], columns) });
    using segment = new SegmentFile(to, manifest.segments[0]!);
    let byteOffset = 0;
    const expected = rows.flatMap((row, i) => {
      const at = byteOffset;
      byteOffset += Buffer.byteLength(lines[i]!);
      if (i % 2 === 1) return [];
      const [repository, file, license] = [columns.repository, columns.path, columns.license].map(
        (name) => (row as Readonly<Record<string, string>>)[name] ?? '',
      );
      return [{ row: i, byteOffset: at, repository, path: file, license }];
    });
    const known = expected.map((_, n) => {
      const { digest, ...document } = segment.document(n)!;
      assert(digest > 0);
      return document;
    });
    assert.deepEqual(known, expected);
    assert.equal(segment.document(expected.length), undefined);
  });
}
