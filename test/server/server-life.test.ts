// Deaths of every kind around the server, over real IPC: of its client, of the server itself, of a thread that
// samples. Nothing is left running, what was done is kept, and the next one goes on with it.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ResponseError } from 'vscode-jsonrpc/node';
import type { ErrorData } from '../../protocol/errors.ts';
import * as protocol from '../../protocol/requests.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { listGroups, viewFragments } from '../../protocol/views.ts';
import { flatView } from '../support/flat-view.ts';
import { scratchFolder } from '../support/scratch.ts';
import { processesWith, SERVER, type ServerClient, startServer, until } from '../support/server-client.ts';
import { makeSmallStudy } from '../support/small-study.ts';

const execution = { provider: 'cpu', batch: 8, workers: 1 } as const;

async function demoPlan(client: ServerClient, nSamples: number, maxTokens = 128): Promise<StudyPlan> {
  const plan = await client.send(protocol.getDemoPlan, {});
  return { ...plan, sampling: { ...plan.sampling, nSamples, maxTokens, seed: 7 } };
}

async function rejection(work: Promise<unknown>): Promise<ResponseError<ErrorData>> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (e: unknown) => e,
  );
  assert(error instanceof ResponseError, String(error));
  return error as ResponseError<ErrorData>;
}

const isSampling = ({ stage, done }: { stage: string; done: number }) => stage === 'sample' && done > 0;

test('two windows on one study: one runs it, the other sees it and takes over when the first dies', async () => {
  const study = join(scratchFolder(), 's.sqlite');
  const [first, second] = await Promise.all([startServer(), startServer()]);
  const plan = await demoPlan(first, 48);
  const done = first.progress(isSampling);
  const running = first.send(protocol.runStudy, { study, plan, execution });
  running.catch(() => {}); // Its server is killed below.
  await done;
  // However long it takes to ask all of this, the study is not over meanwhile.
  first.child.kill('SIGSTOP');

  const seen = await second.send(protocol.getStudy, { study });
  assert.equal(seen.state, 'running');
  assert.equal(seen.nFragments, null, 'nothing was scanned yet, which is not the same as nothing found');
  assert.deepEqual(
    (await second.send(protocol.listStudies, { folder: join(study, '..') })).map(({ state }) => state),
    ['running'],
  );
  const page = await second.send(viewFragments, { ...flatView, study, offset: 0, limit: 10, order: 'train' });
  assert.deepEqual(page, { items: [], offset: 0, total: 0 });
  const sample = await second.send(protocol.getSample, { study, sampleId: 0 });
  assert.ok(sample.text.length > 0);
  const refused = await rejection(second.send(protocol.runStudy, { study, plan: null, execution }));
  assert.equal(refused.data?.code, 'user');
  assert.match(refused.message, /s\.sqlite/);

  first.child.kill('SIGKILL');
  await until('the lock is free', () => (first.child.exitCode ?? first.child.signalCode) !== null);
  const left = await second.send(protocol.getStudy, { study });
  assert.equal(left.state, 'cancelled');
  assert.ok(left.nSamples > 0 && left.nSamples < 48, `${left.nSamples} samples`);
  const resumedFrom = second.progress(({ stage }) => stage === 'sample');
  const summary = await second.send(protocol.runStudy, { study, plan: null, execution });
  assert.equal((await resumedFrom).resumedFrom, left.nSamples);
  assert.equal(summary.state, 'complete');
  assert.equal(summary.nSamples, 48);
  assert.deepEqual(
    await second.send(protocol.getSample, { study, sampleId: 0 }).then(({ text }) => text),
    sample.text,
  );
});

test('a client that is killed takes its server along, even from the middle of a long batch', async (t) => {
  const folder = scratchFolder();
  const study = join(folder, 's.sqlite');
  const marker = `VERBATIM_LIFE_TEST=${folder}`;
  const script = join(folder, 'client.mjs');
  writeFileSync(script, CLIENT);
  const client = fork(script, [study], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, VERBATIM_LIFE_TEST: folder },
  });
  t.after(() => {
    for (const pid of processesWith(marker, 'environ')) process.kill(pid, 'SIGKILL');
  });
  await new Promise((resolve) => client.on('message', (message) => message === 'sampling' && resolve(null)));
  // The next batch is under way, and would be kept by a server that waits for it. It is held up while all this is looked at.
  const [server, ...others] = processesWith(marker, 'environ').filter((pid) => pid !== client.pid);
  assert.deepEqual(others, []);
  const next = await startServer();
  const { nSamples } = await next.send(protocol.getStudy, { study });
  assert.ok(nSamples >= 8, `${nSamples} samples`);
  client.kill('SIGKILL');
  process.kill(server!, 'SIGCONT');
  await until('no process is left', () => processesWith(marker, 'environ').length === 0);

  const left = await next.send(protocol.getStudy, { study });
  assert.equal(left.state, 'cancelled');
  assert.equal(left.nSamples, nSamples, 'the finished batches are kept');
});

test('a sampling thread that dies fails its study with a way out, and the next run finishes it', async () => {
  const folder = scratchFolder();
  const study = join(folder, 's.sqlite');
  const mark = join(folder, 'die');
  const preload = join(folder, 'die.mjs');
  writeFileSync(mark, '');
  writeFileSync(preload, DYING_THREAD);
  const client = await startServer({ execArgv: ['--import', preload], env: { VERBATIM_DIE: mark } });
  const plan = await demoPlan(client, 32, 16);
  const failure = await rejection(client.send(protocol.runStudy, { study, plan, execution }));
  assert.equal(failure.data?.code, 'environment', failure.message);
  assert.match(failure.message, /thread/);
  assert.ok(failure.data?.action);
  assert.ok(existsSync(`/proc/${client.child.pid}`), 'the server goes on');
  const left = await client.send(protocol.getStudy, { study });
  assert.equal(left.state, 'failed');
  assert.equal(left.nSamples, 16, 'the finished batches are kept');

  rmSync(mark);
  const summary = await client.send(protocol.runStudy, { study, plan: null, execution });
  assert.equal(summary.state, 'complete');
  assert.equal(summary.nSamples, 32);
});

test('two thousand answers need no more heap than a few', async () => {
  const { file: study } = await makeSmallStudy(scratchFolder());
  // Fifty kilobytes kept of each round would fill it.
  const client = await startServer({ execArgv: ['--max-old-space-size=40'] });
  const page = { study, offset: 0, limit: 200 };
  const view = { ...page, filter: {}, baseline: null, grouping: 'flat' } as const;
  const ask = () =>
    Promise.all([
      client.send(viewFragments, { ...view, group: null, order: 'train' }),
      client.send(listGroups, { ...view, grouping: 'licence' }),
      client.send(protocol.getSample, { study, sampleId: 1 }),
      rejection(client.send(protocol.getSample, { study, sampleId: 99 })),
      client.send(protocol.getStudy, { study }),
    ]);
  const first = await ask();
  for (let n = 0; n < 400; n++) await ask();
  const last = await ask();
  assert.deepEqual(last[0], first[0]);
  assert.equal(client.child.exitCode, null);
});

/** Starts a server as the extension does, and a study in it whose batches take seconds; stops it in the middle of one. */
const CLIENT = `
import { fork } from 'node:child_process';
const server = fork(${JSON.stringify(SERVER)}, ['--node-ipc'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
let [id, isHeld] = [0, false];
const waiting = new Map();
const ask = (method, params) => new Promise((resolve) => {
  waiting.set(++id, resolve);
  server.send({ jsonrpc: '2.0', id, method, params });
});
server.on('message', (message) => {
  waiting.get(message.id)?.(message.result);
  if (isHeld || message.method !== 'verbatim/studyProgress' || message.params.progress.done < 8) return;
  isHeld = true;
  setTimeout(() => {
    server.kill('SIGSTOP');
    process.send('sampling');
  }, 300);
});
await ask('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
const plan = await ask('verbatim/getDemoPlan', {});
const sampling = { ...plan.sampling, nSamples: 2056, maxTokens: 512, seed: 7 };
await ask('verbatim/runStudy', {
  study: process.argv[2],
  plan: { ...plan, sampling },
  execution: { provider: 'cpu', batch: 8, workers: 1 },
});
`;

/** Loaded into every thread of the server: those that sample end when they are asked for a third batch. */
const DYING_THREAD = `
import { existsSync } from 'node:fs';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
if (!isMainThread && workerData?.task !== undefined && existsSync(process.env.VERBATIM_DIE)) {
  const send = parentPort.postMessage.bind(parentPort);
  let nBatches = 0;
  parentPort.postMessage = (answer) => {
    if (answer.kind === 'batch' && ++nBatches === 3) process.exit(7);
    send(answer);
  };
}
`;
