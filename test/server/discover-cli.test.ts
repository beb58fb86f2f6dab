// Extraction maps through the command line: a kill, the stream of windows, the reports and the exit codes.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cli, startCli } from '../support/cli.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { writeRandomCheckpoint } from '../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../support/scratch.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
for (let shard = 0; shard < 3; shard++) {
  const rows = Array.from({ length: 20 }, (_, row) =>
    JSON.stringify({ content: `${shard} ${row} `.repeat(30), path: `${row}.py`, license: 'mit' }),
  );
  writeFileSync(join(corpus, `${shard}.jsonl`), `${rows.join('\n')}\n`);
}
const args = (out: string, ...more: readonly string[]) => [
  ...['discover', '--model', model, '--corpus', corpus, '--out', out],
  ...['--prefix', '10', '--suffix', '8', '--stride', '6', '--top-k', '0', '--workers', '1', ...more],
];

test('killed after its first shard and run again, a map ends with the same tables and windows', async () => {
  const whole = join(folder, 'whole.sqlite');
  const killed = join(folder, 'killed.sqlite');
  const { child, result } = startCli(...args(killed, '--json'));
  child.stdout!.once('data', () => {
    child.stdout!.pause(); // So it cannot end by itself: more is to come than a pipe holds.
    child.kill('SIGKILL');
  });
  assert.equal((await result).exitCode, null);
  const rest = await cli(...args(killed, '--json', '--fail-on', 'extractable(1000000,0.5)>=0%'));
  assert.equal(rest.exitCode, 4, rest.stderr);
  assert.match(rest.stderr, /met, 0 of \d+ \(0\.00 %\)/);
  const run = await cli(...args(whole, '--json'));
  assert.equal(run.exitCode, 0, run.stderr);
  assert.equal(dumpStudy(killed), dumpStudy(whole));
  assert.equal(rest.stdout, run.stdout);
  const windows = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const fields = ['shard', 'row', 'start', 'logp', 'logpPlain', 'greedy', 'argmaxShare'];
  assert.deepEqual(Object.keys(windows[0]), fields);
  assert.deepEqual([...new Set(windows.map(({ shard }) => shard))], ['0.jsonl', '1.jsonl', '2.jsonl']);
  for (const { logp, logpPlain, greedy, argmaxShare, start } of windows) {
    assert(logp === logpPlain && logp < 0 && start % 6 === 0);
    assert.equal(greedy, argmaxShare === 1);
  }
});

test('a condition is not passed where no window was measured', async () => {
  const short = join(folder, 'short.jsonl');
  writeFileSync(short, JSON.stringify({ content: 'x = 1' }));
  const all = args(join(folder, 'short.sqlite'), '--fail-on', 'extractable(100,0.5)>0.1%');
  const run = await cli(...all.map((arg) => (arg === corpus ? short : arg)));
  assert.equal(run.exitCode, 2, run.stderr);
  assert.match(run.stderr, /No window was measured, so --fail-on has nothing to judge/);
});

test('a plan with lists makes a map of every combination, and figures are compared with those that were expected', async () => {
  const plan = join(folder, 'grid.json');
  const expected = join(folder, 'expected.json');
  const out = join(folder, 'grid.sqlite');
  const settings = { prefix: [6, 10], suffix: 8, stride: 20, topK: [0, 1], examine: 4 };
  writeFileSync(plan, JSON.stringify({ source: { kind: 'map', model }, corpus, ...settings }));
  const figures = [
    { study: 'prefix=6,topK=0', measure: 'greedy', share: 0, tolerance: 0.01 },
    { study: 'prefix=10,topK=1', measure: 'near-verbatim', share: 0.5, tolerance: 0.01 },
    { study: 'prefix=9,topK=1', measure: 'argmax', share: 0, tolerance: 1 },
  ];
  writeFileSync(expected, JSON.stringify(figures));
  const { exitCode, stdout, stderr } = await cli(
    'discover',
    '--plan',
    plan,
    '--out',
    out,
    '--expect',
    expected,
  );
  assert.equal(exitCode, 4, stderr);
  for (const map of ['prefix=6,topK=0', 'prefix=6,topK=1', 'prefix=10,topK=0', 'prefix=10,topK=1']) {
    assert(stdout.includes(`\n${map} `), map);
    assert(existsSync(join(folder, `grid.${map}.sqlite`)));
  }
  assert.match(stdout, /prefix=6,topK=0 +greedy +0\.000 +0\.010 +0\.000 +agrees/);
  assert.match(stdout, /prefix=10,topK=1 +near-verbatim .* differs/);
  assert.match(stdout, /prefix=9,topK=1 .* not made +differs/);
  assert.match(stderr, /1 of 3 figures agree/);
  writeFileSync(expected, JSON.stringify([{ ...figures[0], share: 2 }]));
  const refused = await cli('discover', '--plan', plan, '--out', out, '--expect', expected);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stderr, /figure 1: "share" and "tolerance" must be numbers from 0 to 1/);
});

test('a study makes its map, too, and conditions of both are judged', async () => {
  const out = join(folder, 'both.sqlite');
  const long = join(folder, 'long.jsonl');
  writeFileSync(long, `${JSON.stringify({ content: 'x = 1\n'.repeat(40) })}\n`);
  const wide = writeRandomCheckpoint(join(folder, 'wide'), { config: { n_positions: 128 } });
  const args = [
    'study',
    '--model',
    wide,
    '--corpus',
    long,
    '--samples',
    '2',
    '--max-tokens',
    '8',
    '--out',
    out,
  ];
  const met = ['--fail-on', 'fragments>100', '--fail-on', 'greedy>=0%'];
  const { exitCode, stdout, stderr } = await cli(...args, '--discover', ...met);
  assert.equal(exitCode, 4, stderr);
  assert.match(stderr, /fragments>100: not met[\s\S]*greedy>=0%: met, 0 of \d+/);
  assert.match(stdout, /^Samples {3}2 /m);
  assert.match(stdout, /^Map {7}exact context, prefix 50, suffix 50/m);
  assert(existsSync(join(folder, 'both.map.sqlite')));
});
