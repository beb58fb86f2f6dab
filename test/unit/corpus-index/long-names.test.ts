// Names that are longer than anyone's are cut alike in every format, and an index of them is whole and small.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import { MAX_NAME_BYTES } from '../../../server/corpus/cut-name.ts';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { build } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const code = Array.from({ length: 8 }, (_, i) => `statement ${i * 7919};`).join('\n');
const name = (i: number) => `${i}${'ä'.repeat(60_000)}`;

const shards: Readonly<Record<string, (row: readonly [string, string, string, string]) => string>> = {
  'rows.jsonl': ([content, repo_name, path, license]) =>
    JSON.stringify({ content, repo_name, path, license }),
  'rows.csv': (row) => row.map((cell) => `"${cell}"`).join(','),
};

for (const [file, write] of Object.entries(shards)) {
  test(`${file}: long names`, async () => {
    const path = join(folder, file);
    const head = file.endsWith('.csv') ? ['content,repo_name,path,license'] : [];
    const rows = Array.from({ length: 40 }, (_, i) => write([`${code}\n// ${i}`, name(i), name(i), name(i)]));
    writeFileSync(path, `${[...head, ...rows].join('\n')}\n`);
    const to = join(folder, `${file}-index`);
    await build(to, [path], { minLines: 6, profile: 'exact-1' });
    using index = new CorpusIndex(to);
    const checked = await checkText(index, new TextEncoder().encode(code), {
      signal: AbortSignal.timeout(60_000),
    });
    assert.deepEqual([checked.isVerified, checked.matches[0]?.nDocuments], [true, 40]);
    for (const { repository, license } of checked.matches[0]!.sources) {
      for (const one of [repository, license])
        assert(
          Buffer.byteLength(rawText(one)) <= MAX_NAME_BYTES + 2,
          'but for the rest of a letter that is cut',
        );
    }
  });
}
