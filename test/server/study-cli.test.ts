// Whole studies through the command line: the demo's model and data, and everything that can go wrong.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cli, demoCorpus, demoModel, startCli, untilStderr } from '../support/cli.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { scratchFolder } from '../support/scratch.ts';
import { smallDisk } from '../support/small-disk.ts';
import { AT_ONCE_MS } from '../support/wait-limit.ts';

/** Finds dozens of fragments, and is not done before another command has started. */
const small = ['--samples', '24', '--max-tokens', '160', '--batch', '8', '--seed', '7'];
/** Four batches: for what is disturbed, whatever it finds. */
const smaller = ['--samples', '32', '--max-tokens', '64', '--batch', '8', '--seed', '7', '--workers', '1'];
const studyArgs = (out: string, sampling = small) => [
  ...['study', '--model', demoModel, '--corpus', demoCorpus],
  ...['--out', out, ...sampling],
];

/** Outlives each test. */
const shared = scratchFolder();
/** What an undisturbed run of it leaves: made once. */
let undisturbed: Promise<string> | undefined;
function wholeStudy(): Promise<string> {
  undisturbed ??= (async () => {
    const out = join(shared, 'whole.sqlite');
    const { exitCode, stderr } = await cli(...studyArgs(out, smaller));
    assert.equal(exitCode, 0, stderr);
    return out;
  })();
  return undisturbed;
}

interface JsonReport {
  readonly study: { readonly state: string; readonly nSamples: number; readonly nMemorisedSamples: number };
  readonly fragments: readonly {
    readonly text: string;
    readonly len: number;
    readonly train: number;
    readonly documents: number;
    readonly repositories: number;
    readonly extract: number;
    readonly samples: number;
  }[];
}

/** Lines as profile exact-1 compares them; written apart from the product's own code. */
const normalise = (text: string) =>
  text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/^[\0-\x20]+|[\0-\x20]+$/g, ''))
    .filter((line) => line !== '');

function countStarts(lines: readonly string[], block: readonly string[]): number {
  let n = 0;
  for (let i = 0; i + block.length <= lines.length; i++) {
    if (block.every((line, k) => lines[i + k] === line)) n++;
  }
  return n;
}

test('a study finds memorised code, and its counts are those of a plain search', async () => {
  const out = join(scratchFolder(), 's.sqlite');
  const run = await cli(...studyArgs(out));
  assert.equal(run.exitCode, 0, run.stderr);
  const report = JSON.parse((await cli('report', out, '--format', 'json')).stdout) as JsonReport;
  assert.equal(report.study.state, 'complete');
  assert.equal(report.study.nSamples, 24);
  assert(report.fragments.length >= 30, `${report.fragments.length} fragments`);
  const documents = readdirSync(demoCorpus)
    .filter((name) => name.endsWith('.gz'))
    .flatMap((name) =>
      gunzipSync(readFileSync(join(demoCorpus, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line) as { content: string; repo_name: string })
    .map((row) => ({ lines: normalise(row.content), repository: row.repo_name }));
  const sampleLines = await cli('sample', '--model', demoModel, '--out', `${out}-2`, ...small, '--json');
  const samples = sampleLines.stdout
    .trimEnd()
    .split('\n')
    .map((line) => normalise(JSON.parse(line).text));
  assert.equal(samples.length, 24);
  for (const fragment of report.fragments.slice(0, 40)) {
    const block = fragment.text.split('\n');
    assert.equal(block.length, fragment.len);
    const hits = documents.map((d) => ({ ...d, n: countStarts(d.lines, block) })).filter(({ n }) => n > 0);
    const inSamples = samples.map((lines) => countStarts(lines, block)).filter((n) => n > 0);
    assert.deepEqual(
      [fragment.train, fragment.documents, fragment.repositories, fragment.extract, fragment.samples],
      [
        hits.reduce((sum, { n }) => sum + n, 0),
        hits.length,
        new Set(hits.map(({ repository }) => repository)).size,
        inSamples.reduce((sum, n) => sum + n, 0),
        inSamples.length,
      ],
      fragment.text,
    );
  }
});

test('killed anywhere and run again, a study ends with the same tables', async () => {
  const whole = await wholeStudy();
  const killed = join(scratchFolder(), 'killed.sqlite');
  let delayMs = 300;
  for (let kills = 0; kills < 6; ) {
    const { child, result } = startCli(...studyArgs(killed, smaller));
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
    const { exitCode, stderr } = await result;
    clearTimeout(timer);
    if (exitCode === null) {
      kills++;
      delayMs *= 1.4;
      continue;
    }
    // It ended before its time: the next begins anew, so that every kill meets one.
    assert.equal(exitCode, 0, stderr);
    for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(killed + suffix, { force: true });
    delayMs /= 2;
  }
  const { exitCode, stderr } = await cli(...studyArgs(killed, smaller));
  assert.equal(exitCode, 0, stderr);
  assert.equal(dumpStudy(killed), dumpStudy(whole));
});

test('Ctrl-C stops within seconds, says how to go on, and the next run goes on', async () => {
  const out = join(scratchFolder(), 's.sqlite');
  const args = [...studyArgs(out).slice(0, -6), '--samples', '400', '--max-tokens', '256', '--batch', '8'];
  const { child, result } = startCli(...args);
  await untilStderr(child, /Sampling/);
  await new Promise((resolve) => setTimeout(resolve, 800));
  const before = performance.now();
  child.kill('SIGINT');
  const { exitCode, stderr } = await result;
  assert(performance.now() - before < AT_ONCE_MS);
  assert.equal(exitCode, 130);
  assert.match(stderr, /Run the same command again/);
  const report = await cli('report', out);
  assert.match(report.stdout, /paused/);
  assert.match(report.stdout, /Not analysed yet/);
});

test('on a full disk it stops with the way out, and goes on when there is room', async (t) => {
  const whole = await wholeStudy();
  const disk = smallDisk(Math.ceil((0.6 * statSync(whole).size) / 4096) * 4096);
  if (!disk) return t.skip('needs the right to mount a small disk');
  const out = join(disk.folder, 's.sqlite');
  const full = await cli(...studyArgs(out, smaller));
  assert.equal(full.exitCode, 1, full.stdout);
  assert.match(full.stderr, /disk/i);
  assert.match(full.stderr, /run the same command again/);
  disk.resize(64 << 20);
  const rest = await cli(...studyArgs(out, smaller));
  assert.equal(rest.exitCode, 0, rest.stderr);
  assert.equal(dumpStudy(out), dumpStudy(whole));
  return undefined;
});

test('a second run on the same file is refused; the first is not disturbed', async () => {
  const out = join(scratchFolder(), 's.sqlite');
  const { child, result } = startCli(...studyArgs(out, smaller));
  await untilStderr(child, /Sampling/);
  // However long the second takes to begin, the first is not over.
  child.kill('SIGSTOP');
  const second = await cli(...studyArgs(out, smaller));
  child.kill('SIGCONT');
  assert.equal(second.exitCode, 2);
  assert(second.stderr.includes(out) && /another/i.test(second.stderr), second.stderr);
  assert.equal((await result).exitCode, 0);
  const other = await cli(...studyArgs(out, smaller), '--top-k', '5');
  assert.equal(other.exitCode, 2);
  assert.match(other.stderr, /top-k was 40, now 5/);
});

/** A small corpus of the demo's own rows, damaged by `damage`. */
function corpusWith(
  folder: string,
  name: string,
  damage: (zip: Buffer, rows: string[]) => Buffer | string,
): string {
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  const zip = readFileSync(join(demoCorpus, 'shard-0001.json.gz'));
  writeFileSync(join(corpus, name), damage(zip, gunzipSync(zip).toString().trimEnd().split('\n')));
  return corpus;
}

const study = (out: string, corpus: string, model = demoModel) =>
  cli(
    'study',
    '--model',
    model,
    '--corpus',
    corpus,
    '--out',
    out,
    '--samples',
    '16',
    '--max-tokens',
    '24',
    '--workers',
    '1',
  );

test('a truncated gzip is counted, named, and makes the study partial', async () => {
  const folder = scratchFolder();
  const corpus = corpusWith(folder, 'cut.json.gz', (zip) => zip.subarray(0, zip.length >> 1));
  const { exitCode, stdout } = await study(join(folder, 's.sqlite'), corpus);
  assert.equal(exitCode, 3);
  assert.match(stdout, /partial/);
  assert.match(stdout, /cut\.json\.gz: compressed data ends too early after \d+ decompressed bytes/);
  const again = await study(join(folder, 's.sqlite'), corpus);
  assert.equal(again.exitCode, 3, 'also when there is nothing left to do');
});

test('a row that is no JSON is counted with its offset; the rows around it are read', async () => {
  const folder = scratchFolder();
  const corpus = corpusWith(folder, 'rows.jsonl', (_, rows) =>
    [rows[0], '{"content": oops', ...rows.slice(1, 5)].join('\n'),
  );
  const { exitCode, stdout } = await study(join(folder, 's.sqlite'), corpus);
  assert.equal(exitCode, 3);
  assert.match(stdout, /rows\.jsonl: row 1 at byte \d+ is no JSON object/);
  assert.match(stdout, /Corpus {4}5 documents/);
});

const badInputs: readonly (readonly [
  name: string,
  prepare: (folder: string) => string[],
  expected: RegExp,
])[] = [
  ['a model folder that is missing', (f) => ['--model', join(f, 'nowhere')], /nowhere/],
  ['an empty model folder', (f) => ['--model', makeFolder(f, 'empty')], /empty.config\.json/],
  ['a model of an unknown architecture', (f) => ['--model', unknownModel(f)], /gpt2/i],
  ['weights cut short', (f) => ['--model', cutModel(f)], /model\.safetensors/],
  [
    'a corpus folder without documents',
    (f) => ['--corpus', makeFolder(f, 'void')],
    /void holds no documents/,
  ],
  ['a corpus that is missing', (f) => ['--corpus', join(f, 'gone')], /gone does not exist/],
  ['a setting out of range', () => ['--temperature', '-1'], /temperature/],
  ['a number that is none', () => ['--top-k', 'many'], /whole number/],
];

for (const [name, prepare, expected] of badInputs) {
  test(`${name}: exit 2, named, with a way out`, async () => {
    const folder = scratchFolder();
    const { exitCode, stderr } = await cli(...studyArgs(join(folder, 's.sqlite')), ...prepare(folder));
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /at .*\.ts:\d+/, 'no stack trace');
  });
}

function makeFolder(folder: string, name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

function copyModel(folder: string): string {
  const model = join(folder, 'model');
  cpSync(demoModel, model, { recursive: true });
  return model;
}

function unknownModel(folder: string): string {
  const model = copyModel(folder);
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  writeFileSync(
    join(model, 'config.json'),
    JSON.stringify({ ...config, model_type: 'mamba', architectures: ['Mamba'] }),
  );
  return model;
}

function cutModel(folder: string): string {
  const model = copyModel(folder);
  const weights = readFileSync(join(model, 'model.safetensors'));
  writeFileSync(join(model, 'model.safetensors'), weights.subarray(0, weights.length - 100_000));
  return model;
}

test('samples made elsewhere: JSON lines, a folder of numbered files and a merged file find the same', async () => {
  const folder = scratchFolder();
  const row = JSON.parse(
    gunzipSync(readFileSync(join(demoCorpus, 'shard-0000.json.gz')))
      .toString()
      .split('\n')[3]!,
  );
  const texts = [row.content as string, 'nothing\nof\nthis\nis\nin\nthe\ncorpus\nat all\n'];
  writeFileSync(join(folder, 'samples.jsonl'), texts.map((text) => JSON.stringify({ text })).join('\n'));
  const numbered = makeFolder(folder, 'numbered');
  for (const [i, text] of texts.entries()) writeFileSync(join(numbered, String(i + 1)), text);
  const squeezed = texts.map((text) =>
    text
      .split('\n')
      .filter((line) => line.trim())
      .join('\n'),
  );
  const separator = `\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`;
  writeFileSync(join(folder, 'all'), squeezed.map((text) => text + separator).join(''));
  const found = [];
  for (const name of ['samples.jsonl', 'numbered', 'all']) {
    const out = join(folder, `${name}.sqlite`);
    const run = await cli('scan', '--samples', join(folder, name), '--corpus', demoCorpus, '--out', out);
    assert.equal(run.exitCode, 0, run.stderr);
    const report = JSON.parse((await cli('report', out, '--format', 'json')).stdout);
    assert.equal(report.study.nSamples, 2);
    found.push(report.fragments.map((f: { fingerprint: string; train: number }) => [f.fingerprint, f.train]));
  }
  assert(found[0].length > 0);
  assert.deepEqual(found[1], found[0]);
  assert.deepEqual(found[2], found[0]);
});

test('a shard of plain gzip written elsewhere scans like the demo’s own', async () => {
  const folder = scratchFolder();
  const corpus = corpusWith(folder, 'a.jsonl.gz', (_, rows) => gzipSync(rows.slice(0, 50).join('\n')));
  const { exitCode, stdout } = await study(join(folder, 's.sqlite'), corpus);
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /16 \([\d,]+ tokens\)/);
  assert.match(stdout, /Corpus {4}50 documents/);
});
