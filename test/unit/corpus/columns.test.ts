// Which columns are read: by convention, by the user's word, and the same in the kernel as in the plain reader.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DataProblem } from '../../../protocol/errors.ts';
import type { ColumnNames } from '../../../protocol/study.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { resolveColumns } from '../../../server/corpus/resolve-columns.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { kernelScanner } from '../../../server/kernel/scan-shard.ts';
import { FULL_HASH, kernelFor } from '../../oracle/kernel-scan.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const folder = scratchFolder();
const signal = new AbortController().signal;

function shardOf(rows: readonly string[], columns?: ColumnNames) {
  const path = join(folder, 'x.jsonl');
  writeFileSync(path, rows.join('\n'));
  return listShards([path], columns)[0]!;
}

async function read(shard: ReturnType<typeof shardOf>) {
  const problems: DataProblem[] = [];
  const documents = [];
  const onProblem = (problem: DataProblem) => void problems.push(problem);
  for await (const document of readDocuments(shard, { signal, onBytes: () => {}, onProblem })) {
    documents.push(document);
  }
  return { documents, problems };
}

test('names that data sets use are found; the first row decides', async () => {
  const rows: readonly (readonly [object, object])[] = [
    [
      { repo_name: 'r', path: 'p', license: 'mit', content: 'c' },
      { content: 'content', repository: 'repo_name', path: 'path', license: 'license' },
    ],
    [
      { code: 'c', repo_name: 'r', path: 'p', license: 'mit', language: 'Go' },
      { content: 'code', repository: 'repo_name', path: 'path', license: 'license' },
    ],
    [
      {
        max_stars_repo_path: 'p',
        max_stars_repo_name: 'r',
        max_stars_repo_licenses: ['MIT'],
        content: 'c',
      },
      {
        content: 'content',
        repository: 'max_stars_repo_name',
        path: 'max_stars_repo_path',
        license: 'max_stars_repo_licenses',
      },
    ],
    [
      { text: 'c', content: { is: 'an object' } },
      { content: 'text', repository: 'repo_name', path: 'path', license: 'license' },
    ],
  ];
  for (const [row, expected] of rows) {
    const shard = shardOf(['no json', JSON.stringify(row), '{"content":"x"}']);
    assert.deepEqual((await resolveColumns(shard, signal)).names, expected);
  }
});

const code = 'def f():\n    return 1\n';

test('a column is taken where it is evident, and else none is: the columns are named', async () => {
  const rows: readonly (readonly [row: object, content: string | RegExp])[] = [
    [{ text: 'Write a function.', code, tests: ['assert f()'] }, 'code'],
    [{ text: code, url: 'u', id: 'i' }, 'text'],
    [{ source: code }, 'source'],
    [{ whole_func_string: code, func_code_string: code, docstring: 'a\nb' }, 'whole_func_string'],
    [
      { input: 'problem', output: code, source: 'siteA', license: 'mit' },
      /"source" or "output"\. Its columns with text are input,/,
    ],
    [{ text: 'Write a function.', solution: code }, /"text" or "solution"/],
    [{ content: code, code }, /"content" or "code"/],
    [{ completion: code }, /"completion"/],
  ];
  for (const [row, content] of rows) {
    const shard = shardOf([JSON.stringify(row)]);
    const { names, question } = await resolveColumns(shard, signal);
    const { documents, problems } = await read(shard);
    if (typeof content === 'string') {
      assert.deepEqual([names.content, question, documents.length, problems], [content, undefined, 1, []]);
    } else {
      assert.match(question?.message ?? '', content);
      assert.equal(problems[0]?.kind, 'no-column');
      assert.deepEqual([documents.length, problems.length], [0, 1]);
      const chosen = await resolveColumns(shardOf([JSON.stringify(row)], { content: 'code' }), signal);
      assert.equal(chosen.question, undefined, 'the user has the last word');
    }
  }
});

test('the user has the last word, and a wrong column is named in every row', async () => {
  const row = JSON.stringify({ content: 'a', body: 'b', where: 'w' });
  const chosen = await read(shardOf([row], { content: 'body', path: 'where' }));
  assert.equal(Buffer.from(chosen.documents[0]!.text).toString(), 'b');
  assert.equal(chosen.documents[0]!.path, 'w');
  const wrong = await read(shardOf([row, row], { content: 'nothing' }));
  assert.equal(wrong.documents.length, 0);
  assert.deepEqual(
    wrong.problems.map(({ kind }) => kind),
    ['no-content', 'no-content'],
  );
  assert.match(wrong.problems[1]!.message, /"nothing"/);
});

test('lists of licences are joined; a string wins over a list, the first over later ones', async () => {
  const license = async (json: string) =>
    (await read(shardOf([`{"content":"c",${json}}`], { license: 'l' }))).documents[0]!.license;
  assert.equal(await license('"l":["MIT","Apache-2.0"]'), 'MIT OR Apache-2.0');
  assert.equal(await license('"l":["","MIT",5,["no"],{"l":"no"},""]'), 'MIT');
  assert.equal(await license('"l":["a"],"l":"b","l":"c"'), 'b');
  assert.equal(await license('"l":["a"],"l":["b"]'), 'a');
  assert.equal(await license('"l":[]'), '');
});

/** Rows that hold the columns' names everywhere, in any shape and order. */
const name = fc.constantFrom(
  'content',
  'text',
  'repo',
  'p',
  'l',
  'a much longer name than the others'.repeat(2),
);
const item = fc.oneof(fc.string(), fc.constantFrom('', 'MIT', 'é', '"', '\\', 'x'.repeat(40)));
const value = fc.oneof(
  item,
  fc.array(fc.oneof(item, fc.integer(), fc.array(item), fc.dictionary(name, item)), { maxLength: 4 }),
  fc.dictionary(name, item),
  fc.constantFrom(null, 1.5, true),
);
const rowText = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map((pairs) => `{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`);
const columnNames = fc.record({ content: name, repository: name, path: name, license: name });

test('the kernel reads the same rows and the same columns', async () => {
  const samples = [{ sampleId: 0, text: Buffer.from('hit'), cut: false }];
  const kernel = kernelFor(samples, { minLines: 1, profile: 'exact-1' }, FULL_HASH);
  await fc.assert(
    fc.asyncProperty(fc.array(rowText, { minLength: 1, maxLength: 5 }), columnNames, async (rows, names) => {
      // A content of its own in every row, so that the kernel has something to report.
      const columns = { ...names, content: 'the content' };
      const shard = shardOf(
        rows.map((row) => `${row.slice(0, -1)}${row === '{}' ? '' : ','}"the content":"hit"}`),
        columns,
      );
      const plain = await read(shard);
      const hooks = { signal, onBytes: () => {}, readAhead: 'none' } as const;
      const scanned = await kernelScanner(kernel).scan(shard, hooks);
      assert.deepEqual(
        scanned.documents,
        plain.documents.map(({ text: _, ...document }) => document),
      );
    }),
    { numRuns: runs(500) },
  );
});

test('a text in two columns is one, of JSON and of Parquet, and where one of them is missing it is told', async () => {
  const rows = [
    { before: 'a\n', after: 'b', 'x+y': 'own' },
    { before: 'c', after: '', 'x+y': 'own' },
  ];
  const textsOf = (documents: readonly { readonly text: Uint8Array }[]) =>
    documents.map(({ text }) => Buffer.from(text).toString());
  const columns = { content: 'before + after' };
  const json = await read(
    shardOf(
      rows.map((row) => JSON.stringify(row)),
      columns,
    ),
  );
  assert.deepEqual(textsOf(json.documents), ['a\nb', 'c']);
  const own = await read(
    shardOf(
      rows.map((row) => JSON.stringify(row)),
      { content: 'x+y' },
    ),
  );
  assert.deepEqual(textsOf(own.documents), ['own', 'own']);
  const missing = await read(shardOf([JSON.stringify(rows[0])], { content: 'before+later' }));
  assert.match(missing.problems[0]!.message, /has no string "before\+later"/);
  const path = join(scratchFolder(), 'rows.parquet');
  writeFileSync(
    path,
    writeParquet(
      rows.map((row) => ({ ...row })),
      { codec: 'GZIP', rowsPerGroup: 1 },
    ),
  );
  const [shard] = listShards([path], columns);
  assert.deepEqual(textsOf((await read(shard!)).documents), ['a\nb', 'c']);
  const [wrong] = listShards([path], { content: 'before+later' });
  assert.match((await read(wrong!)).problems[0]!.message, /no text column "before\+later"/);
});
