// Files whose names say little are taken for what they hold: alone and in a folder alike, and never as a text that can match nothing.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { pack } from 'tar-stream';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { contentQuestion } from '../../../server/study/content-question.ts';
import { scratchFolder } from '../../support/scratch.ts';

const text = 'a = 1\n"b", c;\n';
const rows = [
  { content: text, path: 'x.py' },
  { content: text, path: 'y.py' },
];
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const table = (delimiter: string, name = 'content') =>
  `${['id', name].join(delimiter)}\n${rows.map(({ content }) => `1${delimiter}${quoted(content)}`).join('\n')}\n`;

let nFolders = 0;
function corpusOf(files: Readonly<Record<string, string>>): string {
  const folder = join(scratchFolder(), String(nFolders++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function textsOf(place: string): Promise<readonly string[]> {
  const texts: string[] = [];
  const options = { signal: new AbortController().signal, onBytes: () => {}, onProblem: () => assert.fail() };
  for (const shard of listShards([place]))
    for await (const document of readDocuments(shard, options))
      texts.push(Buffer.from(document.text).toString());
  return texts;
}

for (const [name, content] of [
  ['train', lines],
  ['part-00000', lines],
  ['train.jl', lines],
  ['train.jsonlines', lines],
  ['train.json', lines],
  ['train.csv', table(',')],
  ['train.tsv', table('\t', 'code')],
] as const) {
  test(`${name} holds rows, by itself, in a folder and in an archive`, async () => {
    const folder = corpusOf({ [name]: content, 'notes.py': '# Data\n' });
    assert.deepEqual(await textsOf(join(folder, name)), [text, text]);
    assert.deepEqual((await textsOf(folder)).toSorted(), ['# Data\n', text, text]);
    const archive = pack();
    archive.entry({ name }, content);
    archive.finalize();
    const packed = join(scratchFolder(), 'corpus.tar');
    writeFileSync(packed, await buffer(archive));
    assert.deepEqual(await textsOf(packed), [text, text]);
  });
}

test('files of programs stay documents, whatever their names', async () => {
  const files = {
    Makefile: 'all:\n\ttrue\n',
    'sum.jl': 'total(xs) = sum(xs)\n',
    'figures.csv': 'year,n\n2020,1\n',
    'both.csv': 'code,content\na,b\n',
    'package.json': '{"name": "x", "files": [{"path": "a", "content": "b\\nc"}]}\n',
  };
  const folder = corpusOf(files);
  assert.deepEqual(await textsOf(join(folder, 'sum.jl')), [files['sum.jl']]);
  const texts = await textsOf(folder);
  assert.deepEqual(texts.toSorted(), Object.values(files).toSorted());
});

test('rows inside of one object are no text: the question names what it holds', async () => {
  const inside = [
    { data: rows },
    { rows: rows.map((row) => ({ row })) },
    { content: [text, text], path: ['x', 'y'] },
  ];
  for (const [i, value] of inside.entries()) {
    const shards = listShards([corpusOf({ 'train.json': JSON.stringify(value) })]);
    assert.deepEqual(
      shards.map(({ format }) => format),
      ['json'],
    );
    const problems: string[] = [];
    const onProblem = ({ kind }: { readonly kind: string }) => problems.push(kind);
    const options = { signal: new AbortController().signal, onBytes: () => {}, onProblem };
    for await (const _ of readDocuments(shards[0]!, options)) assert.fail();
    assert.deepEqual(problems, ['no-content']);
    const question = await contentQuestion(shards, () => {});
    if (i < 2) assert.deepEqual([question?.columns, question?.isMissing], [[Object.keys(value)[0]], true]);
  }
});
