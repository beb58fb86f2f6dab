// Extraction maps through the command line: a kill, the stream of windows, the reports and the exit codes.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
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
