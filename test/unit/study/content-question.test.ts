// An ambiguous column of text is asked about before anything is scanned, in every format; one shard of many that differs is a
// problem of its own.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { textOf } from '../../../guard/text/foreign.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { UserError } from '../../../server/errors.ts';
import { contentQuestion } from '../../../server/study/content-question.ts';
import { questionOfPlan } from '../../../server/study/plan-question.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const code = 'a = 1\nb = 2\n';
const plain = { content: code };
const ambiguous = { id: '7', input: 'a problem', output: code, source: 'site' };
const lines = (row: object, n = 1) => `${JSON.stringify(row)}\n`.repeat(n);
const csv = (row: object) =>
  [Object.keys(row), Object.values(row)]
    .map((cells) => cells.map((cell) => JSON.stringify(cell)).join())
    .join('\n');

function corpusOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = scratchFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

const ask = (place: string, content?: string) =>
  contentQuestion(listShards([place], content === undefined ? undefined : { content }), () => {});

for (const [name, bytes] of [
  ['x.jsonl', lines(ambiguous)],
  ['x.json', JSON.stringify([ambiguous])],
  ['x.json.gz', gzipSync(lines(ambiguous))],
  ['x.csv', csv({ input: 'a', source: 'b', output: 'c' })],
  ['x.parquet', writeParquet([{ input: 'a', source: 'b', output: 'c' }], { codec: 'GZIP', rowsPerGroup: 9 })],
] as const) {
  test(`${name}: the columns are named, and the answer settles it`, async () => {
    const file = join(corpusOf({ [name]: bytes }), name);
    const question = await ask(file);
    assert.equal(question?.path, file);
    assert.match(question.message, /^does not say which column is the text: it may be "source"/);
    for (const column of ['source', 'input', 'output']) assert(question.columns.includes(column), column);
    assert.equal(await ask(file, 'output'), null);
  });
}

test('a corpus without the column at all is asked about, too; a damaged or empty one is not', async () => {
  const folder = corpusOf({ 'x.jsonl': lines({ body: 'one line', id: 'x' }) });
  assert.deepEqual((await ask(folder))?.columns, ['body', 'id']);
  for (const bytes of ['', 'no json\n', '\0\0'])
    assert.equal(await ask(corpusOf({ 'x.jsonl': bytes })), null);
});

test('one shard of many that differs is no question', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`${i}.jsonl`, lines(i === 4 ? ambiguous : plain)]),
  );
  assert.equal(await ask(corpusOf(many)), null);
  const most = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`${i}.jsonl`, lines(i === 4 ? plain : ambiguous)]),
  );
  assert.notEqual(await ask(corpusOf(most)), null);
});

test('a study is refused before anything is scanned, and leaves no file; with an answer it runs', async () => {
  const folder = corpusOf({ 'corpus.jsonl': lines(ambiguous), 'samples.jsonl': lines({ text: code }) });
  const file = join(folder, 's.sqlite');
  const plan = scanPlan(join(folder, 'samples.jsonl'), [join(folder, 'corpus.jsonl')]);
  const { signal } = new AbortController();
  const execution = { provider: 'cpu', batch: 1, workers: 1 } as const;
  const run = (columns?: { content: string }) =>
    runStudy({
      file,
      plan: { ...plan, ...(columns && { columns }) },
      execution,
      upTo: 'analyse',
      signal,
      report() {},
    });
  await assert.rejects(run(), (error: UserError) => {
    assert(error instanceof UserError);
    assert.match(error.message, /corpus\.jsonl does not say which column is the text/);
    assert.match(error.action!, /--content-column/);
    return true;
  });
  assert(!existsSync(file));
  const question = await questionOfPlan(plan, signal);
  assert.deepEqual(question && [...question.columns].map(textOf), ['source', 'output', 'id', 'input']);
  assert.equal((await run({ content: 'output' })).nDocuments, 1);
});
