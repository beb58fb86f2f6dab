// A study whose corpus lies on the Hub, run by the real command line: fetched, scanned as it arrives, gone on
// with, and nothing fetched that may not be.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { rawText } from '../../../guard/text/foreign.ts';
import type { Execution } from '../../../protocol/study.ts';
import { EnvironmentError, UserError } from '../../../server/errors.ts';
import { readConfigurations } from '../../../server/hub/data-set-card.ts';
import { formatHubName, locate, parseHubName } from '../../../server/hub/hub-name.ts';
import {
  matcher,
  selectDescription,
  selectExport,
  selectGguf,
  selectShards,
  selectWeights,
} from '../../../server/hub/select-files.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { openDocument } from '../../../server/study/open-document.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { type HubServerOptions, startHubServer } from '../../support/hub-server.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';

const signal = new AbortController().signal;
const block = (n: number) => Array.from({ length: 8 }, (_, i) => `line ${i} of ${n}`).join('\n');
const shard = (n: number) =>
  gzipSync(
    Array.from({ length: 200 }, (_, i) =>
      JSON.stringify({
        repo_name: `owner/r${n}`,
        path: `f${i}.py`,
        license: 'mit',
        content: i === 150 ? `start\n${block(n)}\nend` : `${'filler '.repeat(i)}\n`.repeat(10),
      }),
    ).join('\n'),
  );
const files = {
  'README.md': '---\nconfigs:\n- config_name: two\n  data_files: data/2*.json.gz\n---\n',
  'data/1.json.gz': shard(1),
  'data/2.json.gz': shard(2),
  'data/3.json.gz': shard(3),
};

async function setUp(options: Partial<HubServerOptions> = {}) {
  const folder = scratchFolder();
  process.env.XDG_CACHE_HOME = scratchFolder();
  const server = await startHubServer({ repositories: { 'datasets/owner/data': files }, ...options });
  after(() => server.close());
  process.env.HF_ENDPOINT = server.endpoint;
  process.env.HF_HOME = join(folder, 'home');
  const samples = join(folder, 'samples.jsonl');
  writeFileSync(samples, [1, 2, 3].map((n) => JSON.stringify(`${block(n)}\n`)).join('\n'));
  const run = (corpus: string, execution: Pick<Execution, 'fetch' | 'keepShards'>) =>
    runStudy({
      file: join(folder, 's.sqlite'),
      plan: scanPlan(samples, [locate('dataset', corpus)]),
      execution: { provider: 'cpu', batch: 'auto', workers: 2, ...execution },
      upTo: 'analyse',
      signal,
      report: () => {},
    });
  return { folder, server, run, file: join(folder, 's.sqlite') };
}

const blobs = (folder: string) => {
  const path = join(folder, 'home', 'hub', 'datasets--owner--data', 'blobs');
  return existsSync(path) ? readdirSync(path).filter((name) => statSync(join(path, name)).size > 1000) : [];
};

test('a corpus of the Hub is fetched, scanned and found again, with its provenance', async () => {
  const { folder, run, file } = await setUp();
  const summary = await run('owner/data', { fetch: 'missing' });
  assert.equal(summary.state, 'complete');
  assert.equal(summary.nFragments, 3);
  assert.equal(summary.nDocuments, 600);
  assert.equal(blobs(folder).length, 3);
  using db = openForReading(file);
  const documents = db.prepare('SELECT * FROM documents ORDER BY document_id').all();
  assert.deepEqual(
    documents.map(({ repository, path, license }) => [repository, path, license]),
    [1, 2, 3].map((n) => [`owner/r${n}`, 'f150.py', 'MIT']),
  );
  const opened = await openDocument(db, Number(documents[1]!.document_id), signal);
  assert.equal(opened.problem, null);
  assert.equal(opened.text, `start\n${block(2)}\nend`);
});

test('with --keep-shards never nothing stays, the counts are the same, and the excerpt is shown', async () => {
  const { folder, run, file } = await setUp();
  const summary = await run('owner/data', { fetch: 'missing', keepShards: 'never' });
  assert.equal(summary.nFragments, 3);
  assert.equal(summary.state, 'complete');
  assert.deepEqual(blobs(folder), []);
  using db = openForReading(file);
  const { document_id: id } = db.prepare('SELECT document_id FROM documents LIMIT 1').get()!;
  const opened = await openDocument(db, Number(id), signal);
  assert.match(rawText(opened.problem!), /data\/1\.json\.gz of owner\/data is not on this machine/);
  assert.match(opened.text, /line 0 of 1/);
});

test('with --keep-shards stream shards are read where they are, in pieces, and nothing of them is stored', async () => {
  const { folder, server, run, file } = await setUp({ token: 'hf_secret', gated: ['datasets/owner/data'] });
  process.env.HF_TOKEN = 'hf_secret';
  try {
    const summary = await run('owner/data', { fetch: 'missing', keepShards: 'stream' });
    assert.deepEqual([summary.state, summary.nFragments, summary.nDocuments], ['complete', 3, 600]);
    assert.deepEqual(blobs(folder), []);
    const asked = server.requests.filter(({ path }) => /[123]\.json\.gz/.test(path));
    assert(asked.length > 0 && asked.every(({ range }) => range !== null));
    const hub = new URL(server.endpoint).host;
    const told = server.requests.filter(({ authorization }) => authorization !== null);
    assert(told.length > 0 && told.every(({ host }) => host === hub), 'the token goes to the Hub alone');
    assert(
      asked.some(({ host }) => host !== hub),
      'large files come from elsewhere',
    );
    // A run that keeps shards goes on with the same study.
    assert.equal((await run('owner/data', { fetch: 'missing' })).state, 'complete');
    assert.deepEqual(blobs(folder), []);
    assert(!readFileSync(file, 'latin1').includes('hf_secret'));
    await assert.rejects(run('owner/other', { fetch: 'never', keepShards: 'stream' }));
  } finally {
    delete process.env.HF_TOKEN;
  }
});

test('a corpus that does not fit on the disk is refused first, with the way to let it pass through', async (t) => {
  const { server, run } = await setUp();
  const disk = smallDisk(100 << 20);
  if (!disk) return t.skip('needs the right to mount a small disk');
  process.env.HF_HOME = disk.folder;
  await assert.rejects(
    run('owner/data', { fetch: 'missing' }),
    (error: Error) =>
      error instanceof EnvironmentError &&
      error.message.includes(disk.folder) &&
      /--keep-shards never/.test(String(error.action)),
  );
  assert(!server.requests.some(({ path }) => path.includes('/resolve/')));
  return undefined;
});

test('a shard that cannot be fetched is named; the rest counts, and a rerun fetches only that one', async () => {
  const { server, run } = await setUp();
  server.faults.push({ path: '2.json.gz', times: 4, kind: 'wrong-bytes' });
  const first = await run('owner/data', { fetch: 'missing' });
  assert.equal(first.state, 'partial');
  assert.equal(first.nFragments, 2);
  server.faults.length = 0;
  const before = server.requests.length;
  const second = await run('owner/data', { fetch: 'missing' });
  assert.equal(second.state, 'complete');
  assert.equal(second.nFragments, 3);
  const fetched = server.requests.slice(before).filter(({ path }) => /[123]\.json\.gz/.test(path));
  assert(fetched.length > 0 && fetched.every(({ path }) => path.includes('2.json.gz')));
});

test('a run that was not told that it may fetch fetches nothing', async () => {
  const { server, run } = await setUp();
  for (const execution of [{}, { fetch: 'never' as const }]) {
    await assert.rejects(
      run('owner/data', execution),
      (error: Error) => error instanceof UserError && /may not fetch/.test(error.message),
    );
  }
  assert.equal(server.requests.length, 0);
});

test('a pattern, a subset of the card, a folder and a revision choose the shards', async () => {
  for (const [name, nShards] of [
    ['owner/data/data/{1,3}.json.gz', 2],
    ['owner/data#two', 1],
    ['hf://datasets/owner/data@main/data', 3],
  ] as const) {
    const { run } = await setUp();
    assert.equal((await run(name, { fetch: 'missing' })).nShards, nShards, name);
  }
});

test('names: what is one, what is a path, and what each means', () => {
  const folder = scratchFolder();
  assert.equal(locate('dataset', 'codeparrot/codeparrot-clean'), 'hf://datasets/codeparrot/codeparrot-clean');
  assert.equal(locate('model', 'codeparrot/codeparrot-small@v1'), 'hf://codeparrot/codeparrot-small@v1');
  assert.equal(locate('dataset', './a/b'), join(process.cwd(), 'a/b'));
  assert.equal(locate('dataset', folder), folder);
  const full = 'hf://datasets/o/n@refs%2Fconvert%2Fparquet#sub/data/*.parquet';
  const parsed = parseHubName(full, 'model');
  assert.deepEqual(parsed, {
    kind: 'dataset',
    repository: 'o/n',
    revision: 'refs/convert/parquet',
    subset: 'sub',
    files: 'data/*.parquet',
  });
  assert.equal(formatHubName(parsed), full);
  const pull = parseHubName('hf://o/n@refs/pr/3/model.gguf', 'model');
  assert.deepEqual([pull.revision, pull.files], ['refs/pr/3', 'model.gguf']);
  const converted = locate('dataset', 'o/n@refs/convert/parquet');
  assert.equal(converted, 'hf://datasets/o/n@refs%2Fconvert%2Fparquet');
  assert.equal(locate('model', 'https://huggingface.co/o/n'), 'hf://o/n');
  assert.equal(locate('model', 'https://huggingface.co/o/n/tree/v1'), 'hf://o/n@v1');
  assert.equal(locate('model', 'https://hf.co/o/n/blob/main/a/b.gguf?x=1'), 'hf://o/n/a/b.gguf');
  assert.equal(locate('model', 'https://huggingface.co/o/n/tree/refs%2Fpr%2F3'), 'hf://o/n@refs%2Fpr%2F3');
  assert.equal(locate('model', 'hf.co/o/n'), 'hf://o/n');
  assert.equal(
    locate('model', `https://huggingface.co/o/n/commit/${'ab'.repeat(20)}`),
    `hf://o/n@${'ab'.repeat(20)}`,
  );
  const viewed = 'https://huggingface.co/datasets/o/n/viewer';
  assert.equal(locate('dataset', `${viewed}/default/train`), 'hf://datasets/o/n');
  assert.equal(locate('dataset', `${viewed}/python/train?row=3`), 'hf://datasets/o/n#python');
  const rows = 'https://huggingface.co/datasets/o/n/resolve/main/data/a.parquet';
  assert.equal(locate('dataset', rows), 'hf://datasets/o/n/data/a.parquet');
  assert.throws(() => locate('model', 'https://example.org/model.zip'), /is an address/);
  for (const bad of ['hf://x', 'hf://a/b/../c', 'hf://../b/c', 'hf://a/b--c', 'hf://a/b/..']) {
    assert.throws(() => parseHubName(bad, 'model'), UserError, bad);
  }
});

test('patterns are those of shells', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['*.gz', 'a.gz', true],
    ['*.gz', 'd/a.gz', false],
    ['**/*.gz', 'd/e/a.gz', true],
    ['**/*.gz', 'a.gz', true],
    ['d/**', 'd/e/a.gz', true],
    ['d', 'd/e/a.gz', true],
    ['d/', 'dd/a.gz', false],
    ['a?.gz', 'ab.gz', true],
    ['a?.gz', 'a/.gz', false],
    ['x-{1,22}.(b)', 'x-22.(b)', true],
    ['a.gz', 'aXgz', false],
    ['a,b', 'a,b', true],
  ];
  for (const [pattern, path, expected] of cases)
    assert.equal(matcher(pattern)(path), expected, `${pattern} ${path}`);
});

test('a card declares subsets in each of its ways; one that is broken declares none', () => {
  const card = `---
configs:
- config_name: a
  data_files:
  - split: train
    path: a/train-*.parquet
  - split: test
    path: ["a/t1.parquet", "a/t2.parquet"]
- config_name: b
  data_files: b.jsonl
- config_name: c
  data_dir: c
---
text`;
  assert.deepEqual(
    [...readConfigurations(card)],
    [
      ['a', ['a/train-*.parquet', 'a/t1.parquet', 'a/t2.parquet']],
      ['b', ['b.jsonl']],
      ['c', ['c/**']],
    ],
  );
  for (const bad of ['', 'no head', '---\n: : [\n---\n', '---\n5\n---\n'])
    assert.equal(readConfigurations(bad).size, 0);
});

test('a data set without shards says so, with its subsets', () => {
  const name = parseHubName('hf://datasets/o/n#nothing', 'dataset');
  const listed = [{ path: 'script.py', nBytes: 1, hash: '' }];
  assert.throws(
    () => selectShards(name, listed, new Map([['python', ['x']]])),
    (error: UserError) => /subset nothing/.test(error.message) && /python/.test(error.action!),
  );
});

test('a model is fetched as safetensors, else as PyTorch saved it, else as the decoder that was exported', () => {
  const select = (...paths: string[]) => {
    const files = paths.map((path) => ({ path, nBytes: 1, hash: '' }));
    const weights = selectWeights(files);
    const chosen = weights.length > 0 ? weights : selectExport(files);
    return [...selectDescription(files), ...chosen].map(({ path }) => path);
  };
  const described = ['config.json', 'tokenizer.json'];
  const onnx = ['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model_quantized.onnx'];
  assert.deepEqual(select(...described, 'model.safetensors', 'pytorch_model.bin', ...onnx), [
    ...described,
    'model.safetensors',
  ]);
  assert.deepEqual(select(...described, 'pytorch_model.bin', ...onnx), [...described, 'pytorch_model.bin']);
  assert.deepEqual(select(...described, ...onnx), [...described, 'onnx/model.onnx', 'onnx/model.onnx_data']);
  const two = ['onnx/decoder_model.onnx', 'onnx/decoder_with_past_model.onnx', 'onnx/model.onnx'];
  assert.deepEqual(select(...two), two.slice(0, 2));
  assert.deepEqual(select('decoder_model_merged.onnx', 'decoder_model.onnx'), ['decoder_model_merged.onnx']);
  const others = ['onnx/model.onnx', 'onnx/weights.bin', 'onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data'];
  assert.deepEqual(select(...others, 'README.md', 'training_args.bin'), others.slice(0, 2));
  assert.deepEqual(select('tokenizer.model', 'config.json'), ['tokenizer.model', 'config.json']);
  assert.deepEqual(select('tokenizer.model', 'tokenizer.json'), ['tokenizer.json']);
  const ggufs = ['a.Q4_0.gguf', 'a.Q8_0.gguf'].map((path) => ({ path, nBytes: 1, hash: '' }));
  assert.equal(selectGguf('o/n', ggufs.slice(1))?.path, 'a.Q8_0.gguf');
  assert.throws(() => selectGguf('o/n', ggufs), /2 GGUF files: a\.Q4_0\.gguf, a\.Q8_0\.gguf/);
});
