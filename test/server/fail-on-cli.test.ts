// --fail-on through the command line: what a build sees of a finished study, of one that is not finished, and
// of a condition that cannot be read.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { cli, demoModel } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';

const folder = scratchFolder();
const samples = join(folder, 'samples.jsonl');
const corpus = join(folder, 'corpus');
const study = join(folder, 'study.sqlite');

/** Six lines that the corpus holds under two licences, and a sample of four that does not repeat them. */
const block = Array.from({ length: 6 }, (_, i) => `line ${i} of a block`).join('\n');
const row = (license: string, content: string) =>
  JSON.stringify({ repo_name: license, path: 'a.js', license, content });

before(async () => {
  mkdirSync(corpus);
  const rows = [row('gpl-3.0', block), row('mit', `${block}\nmore`), row('apache-2.0', 'something else')];
  writeFileSync(join(corpus, 'shard.jsonl'), `${rows.join('\n')}\n`);
  const outputs = [block, 'nothing', 'that', 'repeats'];
  writeFileSync(samples, `${outputs.map((text) => JSON.stringify({ text })).join('\n')}\n`);
});

test('a study ends with 4 when a condition holds, and says what it measured', async () => {
  const scan = ['scan', '--samples', samples, '--corpus', corpus, '--out', study];
  const met = await cli(...scan, '--fail-on', 'memorised-samples>20%', '--fail-on', 'fragments>1');
  assert.equal(met.exitCode, 4, met.stderr);
  assert.match(met.stderr, /--fail-on memorised-samples>20%: met, 1 of 4 \(25\.00 %\)/);
  assert.match(met.stderr, /--fail-on fragments>1: not met, 1$/m);
  assert.match(met.stdout, /Found +1 fragment/);
  const notMet = await cli(...scan, '--fail-on', 'memorised-samples>25%');
  assert.equal(notMet.exitCode, 0, notMet.stderr);
});

test('a report judges a finished study', async () => {
  for (const [condition, exitCode] of [
    ['licence:GPL-3.0', 4],
    ['license:gpl-*', 4],
    ['licence:MIT>1', 0],
    ['licence:Apache-2.0', 0], // in the corpus, but not memorised
    ['memorised-lines>=6', 4],
    ['longest-fragment>6', 0],
    ['problems>0', 0],
  ] as const) {
    const result = await cli('report', study, '--fail-on', condition);
    assert.equal(result.exitCode, exitCode, `${condition}: ${result.stderr}`);
  }
});

test('what was not scanned passes no condition', async () => {
  const unfinished = join(folder, 'unfinished.sqlite');
  await cli('sample', '--model', demoModel, '--samples', '1', '--max-tokens', '4', '--out', unfinished);
  for (const option of [['--fail-on', 'fragments>0'], ['--fail-on-new']]) {
    const result = await cli('report', unfinished, ...option);
    assert.equal(result.exitCode, 2, result.stderr);
    assert.match(result.stderr, /has not been analysed/);
  }
});

test('a condition that cannot be read is bad usage', async () => {
  const result = await cli('report', study, '--fail-on', 'fragments>1%');
  assert.equal(result.exitCode, 2);
  assert.match(result.stderr, /a number, not a share/);
});
