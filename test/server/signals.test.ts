// Signals and deaths while a thread does not listen: in a loop that never ends, and in native code that never
// returns. Real processes throughout.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CLI, demoCorpus, demoModel, untilStderr } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';
import { processesWith, SERVER, until } from '../support/server-client.ts';

/** A pipe that nobody writes to: the system holds whoever opens it. */
const pipe = join(scratchFolder(), 'pipe');
execFileSync('mkfifo', [pipe]);

/** Neither needs a processor, which other tests have a use for: seconds pass until a command is given up. */
const deafness = {
  'a loop': 'for (const cell = new Int32Array(new SharedArrayBuffer(4)); ; ) Atomics.wait(cell, 0, 0, 5);',
  'native code': `(await import('node:fs')).openSync(${JSON.stringify(pipe)});`,
} as const;

/** Loaded into every thread: the one that runs a command is deaf as soon as it said that it listens. */
const deafCommand = (how: string) => `
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
if (workerData?.nListening) setInterval(async () => {
  if (Atomics.load(workerData.nListening, 0) === 0) return;
  writeSync(2, 'deaf from now on\\n');
  ${how}
}, 10);
`;

function startDeaf(how: string): ChildProcess {
  const folder = scratchFolder();
  const preload = join(folder, 'deaf.mjs');
  writeFileSync(preload, deafCommand(how));
  const study = ['study', '--model', demoModel, '--corpus', demoCorpus, '--out', join(folder, 's.sqlite')];
  const child = spawn(process.execPath, ['--import', pathToFileURL(preload).href, CLI, ...study], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  after(() => child.kill('SIGKILL'));
  return child;
}

// All at a time: each mostly waits.
describe('a thread that does not listen', { concurrency: true }, () => {
  for (const [what, how] of Object.entries(deafness)) {
    test(`a second Ctrl-C ends a command that is in ${what}`, async () => {
      const child = startDeaf(how);
      await untilStderr(child, /deaf/);
      child.kill('SIGINT');
      await untilStderr(child, /Another Ctrl-C ends it/);
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGINT']);
    });

    test(`SIGTERM alone ends a command that is in ${what}`, async () => {
      const child = startDeaf(how);
      await untilStderr(child, /deaf/);
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
    });

    test(`a client that is killed takes its server along from the middle of ${what}`, async (t) => {
      const folder = scratchFolder();
      const marker = `VERBATIM_DEAF_TEST=${folder}`;
      const preload = join(folder, 'deaf.mjs');
      const script = join(folder, 'client.mjs');
      const mark = join(folder, 'is-deaf');
      writeFileSync(preload, deafServer(how, mark));
      writeFileSync(script, client(preload));
      const child = fork(script, [], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, VERBATIM_DEAF_TEST: folder },
      });
      t.after(() => {
        for (const pid of processesWith(marker, 'environ')) process.kill(pid, 'SIGKILL');
      });
      await until('the server is deaf', () => existsSync(mark));
      const { length } = processesWith(marker, 'environ');
      assert.ok(length >= 2, `the client, its server and whoever reads for it: ${length}`);
      child.kill('SIGKILL');
      await until('no process is left', () => processesWith(marker, 'environ').length === 0);
    });
  }
});

/** The server's first thread is deaf from the moment that it has answered once. */
const deafServer = (how: string, mark: string) => `
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('message', ({ method }) => {
  if (method === 'initialized') setTimeout(async () => {
    writeFileSync(${JSON.stringify(mark)}, '');
    ${how}
  }, 200);
});
`;

const client = (preload: string) => `
import { fork } from 'node:child_process';
const server = fork(${JSON.stringify(SERVER)}, ['--node-ipc'], {
  execArgv: ['--import', ${JSON.stringify(pathToFileURL(preload).href)}],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
server.on('message', (message) => {
  if (message.id === 1) server.send({ jsonrpc: '2.0', method: 'initialized', params: {} });
});
server.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {} } });
`;
