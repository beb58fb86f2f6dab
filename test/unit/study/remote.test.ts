// Studies of training data on other machines: what they find is what they find in the same files here, whatever breaks; what changed is read
// anew, and no more is asked for than is needed. The store is moto's, which checks signatures; a server before it breaks answers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { remotePlaces } from '../../../protocol/remote-places.ts';
import type { StudyPlan, StudySummary } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { readShards } from '../../../server/store/shards-table.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { scanPlan } from '../../support/plans.ts';
import { type RangeServer, startRangeServer } from '../../support/range-server.ts';
import { type S3Store, startS3Store } from '../../support/s3-store.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const folder = scratchFolder();
const local = join(folder, 'corpus');
const samples = join(folder, 'samples.jsonl');
let store: S3Store | null;
let proxy: RangeServer;
let before_: NodeJS.ProcessEnv;

const linesOf = (n: number) =>
  Array.from({ length: 12 }, (_, i) => `value_${n}_${i} = ${n} * ${i}`).join('\n');
const row = (n: number) => ({
  repo_name: `owner/r${n}`,
  path: `f${n}.py`,
  content: `# ${n}\n${linesOf(n)}\n`,
});
const jsonLines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(row(from + i))}\n`).join('');

before(async () => {
  mkdirSync(join(local, 'data'), { recursive: true });
  writeFileSync(samples, [1, 205, 410, 999].map((n) => `${JSON.stringify(linesOf(n))}\n`).join(''));
  writeFileSync(join(local, 'data', 'a b.json.gz'), gzipSync(jsonLines(0, 200)));
  writeFileSync(join(local, 'data', 'b.jsonl.zst'), zstdCompressSync(jsonLines(200, 400)));
  const rows = Array.from({ length: 100 }, (_, i) => row(400 + i));
  writeFileSync(join(local, 'data', 'c.parquet'), writeParquet(rows, { codec: 'ZSTD', rowsPerGroup: 20 }));
  before_ = { ...process.env };
  store = await startS3Store();
  if (store === null) return;
  for (const name of ['a b.json.gz', 'b.jsonl.zst', 'c.parquet'])
    await store.put(`code/data/${name}`, join(local, 'data', name));
  await store.put('code/README.md', samples);
  proxy = await startRangeServer({ behind: store.port });
  Object.assign(process.env, store.environment, { AWS_ENDPOINT_URL: proxy.address });
});

after(async () => {
  process.env = before_;
  store?.close();
  await proxy?.close();
});

const scan = (
  file: string,
  plan: StudyPlan | null,
  named: readonly string[] = plan ? remotePlaces(plan) : [],
) =>
  runStudy({
    file,
    plan,
    execution: { provider: 'cpu', batch: 1, workers: 2, fetch: 'missing', named },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });

/** Everything that was found, by the names of shards and rows. */
function found(file: string): readonly object[] {
  using db = openForReading(file);
  const asked = [
    'SELECT name, state, n_rows, content_bytes, n_problems FROM shards ORDER BY name',
    'SELECT fingerprint, train, extract, n_documents, n_repositories FROM fragments ORDER BY 1',
    'SELECT row, byte_offset, repository, path FROM documents ORDER BY path',
  ];
  return asked.flatMap((sql) => db.prepare(sql).all());
}

function hasStore(t: TestContext): boolean {
  if (store === null) t.skip('the Python package moto cannot be had here');
  return store !== null;
}

const stateOf = ({ state, nFragments }: StudySummary) => [state, nFragments];

test('shards of a store are read as those of this machine, with what breaks and passes', async (t) => {
  if (!hasStore(t)) return;
  const here = join(folder, 'here.sqlite');
  assert.deepEqual(stateOf(await scan(here, scanPlan(samples, [join(local, 'data')]))), ['complete', 3]);
  for (const kind of ['busy', 'cut'] as const)
    proxy.faults.push({ kind, times: 1, after: 500 }, { kind, times: 2, after: 500, ofRanges: true });
  const there = join(folder, 'there.sqlite');
  const plan = scanPlan(samples, ['s3://corpora/code/data']);
  assert.deepEqual(stateOf(await scan(there, plan)), ['complete', 3]);
  assert(proxy.faults.every(({ times }) => times === 0));
  assert.deepEqual(found(there), found(here));
  const pattern = join(folder, 'pattern.sqlite');
  await scan(
    pattern,
    scanPlan(samples, ['s3://corpora/code/**/*.{json.gz,jsonl.zst}', 's3://corpora/code/data/c.parquet']),
  );
  assert.deepEqual(found(pattern).slice(3), found(here).slice(3));
  const nothing = ['s3://corpora/none/', 's3://corpora/code/README.md.gz'];
  for (const place of nothing)
    await assert.rejects(scan(join(folder, 'none.sqlite'), scanPlan(samples, [place])), /has no shard files/);
});

test('an object that changed is scanned anew, and the others are not read again', async (t) => {
  if (!hasStore(t)) return;
  const file = join(folder, 'changes.sqlite');
  const plan = scanPlan(samples, ['s3://corpora/code/data/']);
  await scan(file, plan);
  proxy.requests.length = 0;
  await scan(file, plan);
  const data = () => proxy.requests.filter(({ range }) => range !== null).map(({ path }) => path);
  assert.deepEqual(data(), [], 'what did not change is not asked for');
  const other = join(folder, 'other.json.gz');
  writeFileSync(other, gzipSync(jsonLines(900, 1000)));
  await store!.put('code/data/a b.json.gz', other);
  await scan(file, plan);
  assert.deepEqual([...new Set(data())], ['corpora/code/data/a b.json.gz']);
  using db = openForReading(file);
  assert.deepEqual(
    readShards(db).map(({ state }) => state),
    ['scanned', 'scanned', 'scanned'],
  );
  const train = db
    .prepare('SELECT path FROM documents ORDER BY path')
    .all()
    .map(({ path }) => path);
  assert(train.includes('f999.py') && !train.includes('f1.py'));
});

test('who may not read is told, and what was not named is not asked', async (t) => {
  if (!hasStore(t)) return;
  const plan = scanPlan(samples, ['s3://corpora/code/data/']);
  const file = join(folder, 'refused.sqlite');
  const { AWS_SECRET_ACCESS_KEY: secret } = process.env;
  process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
  await assert.rejects(scan(file, plan), (error) => {
    assert(error instanceof UserError);
    assert.match(error.message, /is refused \(403\): SignatureDoesNotMatch/);
    return /AWS_PROFILE/.test(error.action ?? '');
  });
  process.env.AWS_SECRET_ACCESS_KEY = secret;
  proxy.requests.length = 0;
  await assert.rejects(scan(file, plan, ['s3://other']), /was not named for this run/);
  assert.equal(proxy.requests.length, 0);
});

test('files of a web server are shards, and of Parquet only what is needed is fetched', async () => {
  const wide = Array.from({ length: 60 }, (_, i) => ({ ...row(400 + i), noise: 'x'.repeat(100_000) + i }));
  const files = {
    'c.parquet': writeParquet(wide, { codec: 'UNCOMPRESSED', rowsPerGroup: 20 }),
    'plain.jsonl': Buffer.from(jsonLines(0, 10)),
    'page.jsonl.gz': Buffer.from('<!doctype html><p>Not here'),
  };
  const server = await startRangeServer({ files });
  try {
    const at = (name: string) => `${server.address}/${name}`;
    const file = join(folder, 'web.sqlite');
    assert.equal((await scan(file, scanPlan(samples, [at('c.parquet')]))).nFragments, 1);
    assert(
      server.nSent < files['c.parquet'].length / 5,
      `${server.nSent} of ${files['c.parquet'].length} bytes`,
    );
    const both = await scan(
      join(folder, 'web-2.sqlite'),
      scanPlan(samples, [at('plain.jsonl'), at('page.jsonl.gz')]),
    );
    assert.deepEqual([both.state, both.nFragments, both.nProblems], ['partial', 1, 1]);
    await assert.rejects(
      scan(join(folder, 'web-3.sqlite'), scanPlan(samples, [at('nothing.jsonl')])),
      /refused \(404\)/,
    );
    await assert.rejects(
      scan(join(folder, 'web-4.sqlite'), scanPlan(samples, [at('nothing')])),
      /no shard files/,
    );
    assert(!readFileSync(file, 'latin1').includes('x'.repeat(100)));
  } finally {
    await server.close();
  }
});

test('texts are fetched by the names of their blobs, decoded, and once for all studies', async (t) => {
  if (!hasStore(t)) return;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const shown = (n: number, more: string) => `# ${more}\n${linesOf(n)}\n`;
  const blobs: readonly { readonly encoding: string; readonly bytes: Buffer; readonly text: string }[] = [
    { encoding: 'UTF-8', text: shown(1, 'grüße'), bytes: Buffer.from(shown(1, 'grüße')) },
    {
      encoding: 'ISO-8859-1',
      text: shown(205, 'caf\u00e9 \u0085'),
      bytes: Buffer.from(shown(205, 'caf\u00e9 \u0085'), 'latin1'),
    },
    {
      encoding: 'GB18030',
      text: shown(410, '中'),
      bytes: Buffer.concat([
        Buffer.from('# '),
        Buffer.from([0xd6, 0xd0]),
        Buffer.from(shown(410, '').slice(2)),
      ]),
    },
    { encoding: 'UTF-16', text: shown(999, 'x'), bytes: Buffer.from(`\ufeff${shown(999, 'x')}`, 'utf16le') },
  ];
  const idOf = (i: number) => createHash('sha1').update(`blob ${i}`).digest('hex');
  for (const [i, { bytes }] of blobs.entries()) {
    const file = join(folder, `blob-${i}`);
    writeFileSync(file, gzipSync(bytes));
    await store!.put(`content/${idOf(i)}`, file);
  }
  const damaged = join(folder, 'damaged');
  writeFileSync(damaged, gzipSync(linesOf(2)).subarray(0, 30));
  await store!.put(`content/${idOf(100)}`, damaged);
  const rows = [
    ...blobs.map(({ encoding }, i) => ({
      blob_id: idOf(i),
      src_encoding: encoding,
      repo_name: 'a/b',
      path: `${i}.py`,
    })),
    { blob_id: idOf(100), src_encoding: 'UTF-8', repo_name: 'a/b', path: 'damaged.py' },
    { blob_id: idOf(101), src_encoding: 'UTF-8', repo_name: 'a/b', path: 'missing.py' },
    { blob_id: '../../secrets', src_encoding: 'UTF-8', repo_name: 'a/b', path: 'outside.py' },
    { blob_id: idOf(0), src_encoding: 'klingon', repo_name: 'a/b', path: 'unknown.py' },
  ];
  const whole = blobs.map(({ text }, i) => ({ content: text, repo_name: 'a/b', path: `${i}.py` }));
  const linesIn = (all: readonly object[]) => all.map((one) => `${JSON.stringify(one)}\n`).join('');
  writeFileSync(join(folder, 'whole.jsonl'), linesIn(whole));
  writeFileSync(join(folder, 'named.jsonl'), linesIn(rows));
  writeFileSync(join(folder, 'named.parquet'), writeParquet(rows, { codec: 'ZSTD', rowsPerGroup: 3 }));
  const here = join(folder, 'whole.sqlite');
  assert.equal((await scan(here, scanPlan(samples, [join(folder, 'whole.jsonl')]))).nFragments, 4);
  const plans = ['named.jsonl', 'named.parquet'].map((name) => ({
    ...scanPlan(samples, [join(folder, name)]),
    contents: 's3://corpora/content',
  }));
  proxy.requests.length = 0;
  for (const [i, plan] of plans.entries()) {
    const file = join(folder, `named-${i}.sqlite`);
    const { state, nFragments, nProblems } = await scan(file, plan);
    assert.deepEqual([state, nFragments, nProblems], ['partial', 4, 4]);
    const texts = (path: string) => found(path).filter((one) => 'fingerprint' in one || 'path' in one);
    const plain = (all: readonly object[]) => all.map((one) => ({ ...one, byte_offset: 0 }));
    assert.deepEqual(plain(texts(file)), plain(texts(here)));
    using db = openForReading(file);
    const problems = db
      .prepare('SELECT message FROM problems ORDER BY message')
      .all()
      .map(({ message }) => String(message));
    assert.match(
      problems.join('\n'),
      /row 4 .*damaged.*row 5 .*not there.*row 6 names no blob.*row 7 .*klingon/s,
    );
  }
  const asked = proxy.requests.map(({ path }) => path).filter((path) => path.includes('content/'));
  const nOf = (id: string) => asked.filter((path) => path.endsWith(id)).length;
  assert.deepEqual(
    [0, 1, 2, 3, 100].map((i) => nOf(idOf(i))),
    [1, 1, 1, 1, 1],
    'once for both studies',
  );
  assert(!asked.some((path) => path.includes('secrets')));
  await assert.rejects(scan(join(folder, 'named-9.sqlite'), plans[0]!, []), /was not named for this run/);
});
