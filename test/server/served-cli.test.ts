// Served models through the command line: killed anywhere and run again, a study ends with the samples of one that was not; what is refused
// leaves nothing behind and says nothing of the key.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSamples } from '../../server/store/samples-table.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { cli, startCli } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type ServedServer, startServedServer } from '../support/served-server.ts';

const folder = scratchFolder();
const key = join(folder, 'key.txt');
let server: ServedServer;

before(async () => {
  server = await startServedServer({ delayMs: 5, key: 'sk-not-to-be-told' });
  writeFileSync(key, 'sk-not-to-be-told\n');
});
after(() => server.close());

const asked = (out: string) => [
  ...['sample', '--model', server.address, '--served-name', 'tiny', '--start', 'a', '--api-key-file', key],
  ...['--samples', '300', '--max-tokens', '30', '--top-k', '5', '--batch', '4', '--out', join(folder, out)],
];

function samplesIn(out: string) {
  using db = openForReading(join(folder, out));
  return [...readSamples(db)];
}

test('killed twice and run again, a study has the samples of one that was not', async () => {
  for (const nMore of [60, 120]) {
    const until = server.requests.length + nMore;
    const { child, result } = startCli(...asked('killed.sqlite'));
    while (server.requests.length < until && child.exitCode === null) await sleep(10);
    child.kill('SIGKILL');
    assert.equal((await result).exitCode, null, 'it was killed on its way');
  }
  const [last, whole] = [await cli(...asked('killed.sqlite')), await cli(...asked('whole.sqlite'))];
  assert.equal(last.exitCode, 0, last.stderr);
  assert.match(whole.stderr, /300\/300 samples/);
  assert.equal(samplesIn('killed.sqlite').length, 300);
  assert.deepEqual(samplesIn('killed.sqlite'), samplesIn('whole.sqlite'));
});

test('what is refused is bad usage, leaves no file, and the key is not told', async () => {
  const out = 'refused.sqlite';
  const unnamed = await cli(...asked(out).filter((word) => word !== '--served-name' && word !== 'tiny'));
  assert.match(unnamed.stderr, /does not say which model of http.*\n.*--served-name/);
  writeFileSync(key, 'sk-another\n');
  const refused = await cli(...asked(out));
  assert.match(refused.stderr, /refuses \(401\): Invalid API key\n.*VERBATIM_API_KEY/);
  for (const { exitCode, stdout, stderr } of [unnamed, refused]) {
    assert.equal(exitCode, 2);
    assert(!(stdout + stderr).includes('sk-'));
  }
  assert(!existsSync(join(folder, out)));
});
