// A study over a corpus as users have it, by the real command line: what is bad is counted and named, the
// rest is found, the exit code says so, and documents open again from where they were.

import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { rawText } from '../../../guard/text/foreign.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { openDocument } from '../../../server/study/open-document.ts';
import { cli } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeArrow } from '../../support/write-arrow.ts';
import { writeParquet } from '../../support/write-parquet.ts';
import { writeZip } from '../../support/write-zip.ts';

const signal = new AbortController().signal;
const block = Array.from({ length: 8 }, (_, i) => `a line that was seen, number ${i}`).join('\n');
const document = `start\n${block}\nend`;
const row = (extra = {}) => ({
  repo_name: 'o/r',
  path: 'p.py',
  license: 'apache-2.0',
  content: document,
  ...extra,
});
const line = JSON.stringify(row());

function setUp(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = scratchFolder();
  const corpus = join(folder, 'corpus');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(corpus, path)), { recursive: true });
    writeFileSync(join(corpus, path), content);
  }
  const samples = join(folder, 'samples.jsonl');
  writeFileSync(samples, JSON.stringify(`${block}\n`));
  const study = join(folder, 's.sqlite');
  const scan = (...more: string[]) =>
    cli('scan', '--samples', samples, '--corpus', corpus, '--out', study, '--workers', '2', ...more);
  return { folder, corpus, study, scan };
}

/** Documents in the study, opened again. */
async function opened(study: string) {
  using db = openForReading(study);
  const rows = db
    .prepare('SELECT d.*, s.name FROM documents d JOIN shards s USING (shard_id) ORDER BY document_id')
    .all();
  return await Promise.all(
    rows.map(async (found) => ({
      shard: String(found.name),
      from: `${found.repository} ${found.path} ${found.license}`,
      ...(await openDocument(db, Number(found.document_id), signal)),
    })),
  );
}

test('every format is searched, and every document opens again with its provenance', async () => {
  const { corpus, study, scan } = setUp({
    'a.jsonl': `{"content":"x"}\n${line}`,
    'b.json.gz': gzipSync(`${line}\n`),
    'c.jsonl.zst': zstdCompressSync(line),
    'd.parquet': writeParquet([row({ content: 'x' }), row()], { codec: 'ZSTD', rowsPerGroup: 1 }),
    'f.arrow': writeArrow([{ ...row(), content: 'x' }, row()], { form: 'stream', rowsPerBatch: 1 }),
    'g.feather': writeArrow([row()], { form: 'file', packing: 'zstd' }),
    'h.zip': writeZip([{ name: 'rows.jsonl.gz', bytes: gzipSync(`{"content":"x"}\n${line}`) }]),
    'i.csv.gz': gzipSync(`repo_name,path,license,content\no/r,p.py,apache-2.0,"${document}"\n`),
    'src/e.py': document,
  });
  const { exitCode, stderr } = await scan();
  assert.equal(exitCode, 0, stderr);
  const documents = await opened(study);
  assert.deepEqual(
    documents.map(({ shard, from }) => [shard, from]),
    [
      ...[
        ...['a.jsonl', 'b.json.gz', 'c.jsonl.zst', 'd.parquet'],
        ...['f.arrow', 'g.feather', 'h.zip', 'i.csv.gz'],
      ].map((name) => [name, 'o/r p.py Apache-2.0']),
      ['corpus', 'corpus src/e.py '],
    ],
  );
  for (const { text, problem } of documents) assert.deepEqual([text, problem], [document, null]);
  rmSync(join(corpus, 'b.json.gz'));
  appendFileSync(join(corpus, 'a.jsonl'), '\n');
  rmSync(join(corpus, 'src/e.py'));
  const later = await opened(study);
  const problems = later.map(({ problem }) => (problem === null ? null : rawText(problem)));
  assert.match(problems[0]!, /a\.jsonl has changed/);
  assert.match(problems[1]!, /b\.json\.gz is gone/);
  assert.equal(problems[2], null);
  assert.match(problems.at(-1)!, /e\.py is gone/);
  assert.match(later[1]!.text, /number 3/, 'the excerpt is shown');
});

test('what is bad is counted and named, the rest is found, and the exit code is 3', async () => {
  const gz = gzipSync(
    Array.from({ length: 300 }, (_, i) => JSON.stringify(row({ content: `${i}` }))).join('\n'),
  );
  const { folder, corpus, scan } = setUp({
    'a-empty.jsonl': '',
    'b-cut.json.gz': gz.subarray(0, gz.length - 50),
    'c-named-wrong.parquet': line,
    'd-column.parquet': writeParquet([{ other: 'x' }], { codec: 'GZIP', rowsPerGroup: 1 }),
    'e-no-json.jsonl': 'hello\n',
    'f-page.jsonl.zst': '<html>not found</html>',
    'i-half.json.gz.incomplete': 'abc',
    'z-good.jsonl': line,
  });
  writeFileSync(join(folder, 'outside.txt'), document);
  symlinkSync('../outside.txt', join(corpus, 'j-outside.txt'));
  symlinkSync('k-loop.txt', join(corpus, 'k-loop.txt'));
  const { exitCode, stdout, stderr } = await scan();
  assert.equal(exitCode, 3, stderr);
  const report = stdout;
  assert.match(report, /Problems +9 /);
  const { stdout: json } = await cli('report', join(folder, 's.sqlite'), '--format', 'json');
  assert.equal(JSON.parse(json).fragments[0].train, 1, 'the good one counts, what lies outside does not');
  using db = openForReading(join(folder, 's.sqlite'));
  const messages = db
    .prepare('SELECT message FROM problems')
    .all()
    .map(({ message }) => String(message));
  for (const name of [
    'a-empty',
    'b-cut',
    'c-named',
    'd-column',
    'e-no',
    'f-page',
    'i-half',
    'j-outside',
    'k-loop',
  ]) {
    assert.equal(messages.filter((message) => message.includes(name)).length, 1, name);
  }
});

test('a shard that is there twice counts once, and the report says so', async () => {
  const { scan } = setUp({ 'a.jsonl': line, 'copy/a.jsonl': line });
  const { exitCode, stdout } = await scan();
  assert.equal(exitCode, 0);
  assert.match(stdout, /Twice +.*copy\/a\.jsonl holds the same bytes as .*a\.jsonl and is left out/);
  assert.match(stdout, /Corpus +1 document,/);
});

test('columns are set on the command line, and belong to the plan', async () => {
  const other = JSON.stringify({ body: document, origin: 'o/x', where: 'w.py', terms: ['mit', 'isc'] });
  const { study, scan } = setUp({ 'a.jsonl': other });
  const options = [
    '--content-column',
    'body',
    '--repository-column',
    'origin',
    '--path-column',
    'where',
    '--license-column',
    'terms',
  ];
  const { exitCode, stderr } = await scan(...options);
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(
    (await opened(study)).map(({ from, text }) => [from, text]),
    [['o/x w.py MIT OR ISC', document]],
  );
  const again = await scan();
  assert.equal(again.exitCode, 2);
  assert.match(again.stderr, /another study: columns/);
});

test('a document opens again from far inside a gzip shard, from a restart point in the study', async () => {
  // Ten megabytes that are no smaller when they are packed than text is.
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const filler = Array.from({ length: 5000 }, (_, i) => {
    const content = cipher.update(Buffer.alloc(1000)).toString('hex');
    return JSON.stringify(row({ path: `f${i}.py`, content }));
  });
  filler.splice(4800, 0, line);
  const { corpus, study, scan } = setUp({ 'a.json.gz': gzipSync(filler.join('\n'), { level: 1 }) });
  const { exitCode, stderr } = await scan();
  assert.equal(exitCode, 0, stderr);
  using db = openForReading(study);
  const points = db.prepare('SELECT * FROM restart_points').all();
  assert.equal(points.length, 1, 'only the point that is needed');
  assert(Number(points[0]!.byte_offset) > 8 << 20);
  const [found] = await opened(study);
  assert.deepEqual([found!.text, found!.problem], [document, null]);
  assert(corpus);
});

test('what became of every file stands in the reports, and a search of nothing is no complete one', async () => {
  const { study, scan } = setUp({
    'a.jsonl': line,
    'b.jsonl': '',
    'src/e.py': document,
    'src/logo.png': Buffer.from('89504e470d0a1a0a0000', 'hex'),
    'src/debug.log': 'ignored',
    'src/.gitignore': '*.log',
    'README.md': 'about the data',
  });
  const { exitCode, stdout } = await scan();
  const sentence =
    '7 files: 2 searched, 4 passed over: 1 description of a data set, 1 ignored, 1 picture, 1 ignore file; 1 problem';
  assert.equal(exitCode, 3);
  assert(stdout.includes(`Files     ${sentence}\n`), stdout);
  assert.match(
    stdout,
    /Columns {3}text in content, repository in repo_name, path in path, licence in license/,
  );
  const listed = await cli('report', study, '--files');
  assert.deepEqual(
    listed.stdout.split('\n').map((text) => text.replace(/ +\S*corpus\//, ' ')),
    [
      sentence,
      'passed over  rules src/.gitignore',
      'passed over  ignored src/debug.log',
      'passed over  description README.md',
      'problem      empty b.jsonl',
      'passed over  picture src/logo.png',
      '',
    ],
  );
  const none = setUp({ 'src/logo.png': Buffer.from('89504e470d0a1a0a0000', 'hex') });
  const nothing = await none.scan();
  assert.deepEqual([nothing.exitCode, /Nothing was searched/.test(nothing.stdout)], [3, true]);
});
