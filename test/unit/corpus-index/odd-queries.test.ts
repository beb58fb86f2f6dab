// Queries that nobody means well with, or that other systems wrote: each is answered as a scan answers, or told why not.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { checkText, lookUp } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { checkWithIndex, getIndexedDocument } from '../../../server/queries/index-lookups.ts';
import { build, scan, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const { signal } = new AbortController();
const known = Array.from({ length: 10 }, (_, i) => `\tconst known${i} = [${i}];`);
const shard = writeShard(join(folder, 'corpus'), '0.json.gz', [
  ...Array.from({ length: 70 }, (_, i) => ({
    ...{ repository: 'o/r', path: `${i}.js`, license: 'MIT' },
    text: Array.from({ length: 7 }, (_, line) => `own(${i}, ${line});`).join('\n'),
  })),
  { repository: 'o/r', path: 'known.js', license: 'ISC', text: `first();\n${known.join('\n')}\n` },
]);
const index = join(folder, 'index');
await build(index, [shard], { minLines: 6, profile: 'exact-1' });
const open = new CorpusIndex(index);
after(() => open[Symbol.dispose]());

const check = (text: string | Uint8Array) => checkText(open, Buffer.from(text), { signal });

async function foundAsScanned(text: string): Promise<number> {
  const { fragments } = await lookUp(open, Buffer.from(text), { signal });
  const samples = [{ sampleId: 0, text: Buffer.from(text), cut: false }];
  const scanned = await scan(listShards([shard]), samples, open.manifest.rule);
  assert.deepEqual(fragments, scanned.fragments);
  return fragments.length;
}

test('line ends of other systems, blanks at the ends of lines and tabs are what they are for a scan', async () => {
  assert.equal(await foundAsScanned(known.join('\r\n')), 1);
  assert.equal(await foundAsScanned(known.join('\r')), 1);
  assert.equal(await foundAsScanned(known.map((line) => `${line}  \t`).join('\n')), 1);
  assert.equal(await foundAsScanned(`\uFEFF${known.join('\n')}`), 1);
  await foundAsScanned(known.join('\n').replaceAll('\t', '    '));
});

test('a text that is too short is told how many lines are needed', async () => {
  for (const text of ['', 'one();', known.slice(0, 5).join('\n')]) {
    const { matches, notes, isVerified } = await check(text);
    assert.deepEqual([matches, isVerified], [[], true]);
    assert.match(notes.map(rawText).join(), /fewer than 6 significant lines/);
  }
});

test('bytes of any kind are answered', async () => {
  for (const bytes of [randomBytes(100_000), Buffer.alloc(100_000), Buffer.alloc(100_000, '\n\0')])
    assert.deepEqual((await check(bytes)).matches, []);
  assert.equal(
    (await check(Buffer.concat([randomBytes(5000), Buffer.from(`\n${known.join('\n')}\n`)]))).matches.length,
    1,
  );
});

test('a hundred megabytes are looked through on the command line, and refused where somebody waits', async () => {
  const text = `${'x'.repeat(1 << 20)}\n`.repeat(100) + known.join('\n');
  const [match] = (await check(text)).matches;
  assert.deepEqual([match?.firstLine, match?.lastLine], [101, 110]);
  await assert.rejects(checkWithIndex({ index, text }, signal), /looked up at most/);
});

test('a document of the corpus is opened by its row alone, and nothing that the index does not name', async () => {
  const { matches } = await check(known.join('\n'));
  const { shardPath, row } = matches[0]!.sources[0]!;
  const opened = await getIndexedDocument({ index, shard: rawText(shardPath), row }, signal);
  assert.ok(opened);
  for (const [path, number] of [
    ['0.json.gz', 71],
    ['0.json.gz', -1],
    ['1.json.gz', 0],
    ['../0.json.gz', 0],
    ['/etc/passwd', 0],
    ['', 0],
  ] as const)
    await assert.rejects(getIndexedDocument({ index, shard: path, row: number }, signal), /names no row/);
});
