// The server over real IPC, as the extension talks to it.

import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc/node';
import { rawText } from '../../guard/text/foreign.ts';
import type { ErrorData } from '../../protocol/errors.ts';
import * as protocol from '../../protocol/requests.ts';
import type { Progress, StudyPlan } from '../../protocol/study.ts';
import { viewFragments } from '../../protocol/views.ts';
import { flatView } from '../support/flat-view.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type ServerClient, startServer } from '../support/server-client.ts';
import { AT_ONCE_MS } from '../support/wait-limit.ts';

const execution = { provider: 'auto', batch: 8, workers: 'auto' } as const;

async function smallPlan(client: ServerClient): Promise<StudyPlan> {
  const plan = await client.send(protocol.getDemoPlan, {});
  return { ...plan, sampling: { ...plan.sampling, nSamples: 24, maxTokens: 160, seed: 7 } };
}

test('a study through the server: progress, pages, texts, and the same answers after a restart', async () => {
  const study = join(scratchFolder(), 'demo.sqlite');
  const client = await startServer();
  const stages = new Set<string>();
  client.connection.onNotification(
    protocol.studyProgress.method,
    (p: { study: string; progress: Progress }) => {
      assert.equal(p.study, study);
      assert(p.progress.done <= p.progress.total);
      stages.add(p.progress.stage);
    },
  );
  const summary = await client.send(protocol.runStudy, { study, plan: await smallPlan(client), execution });
  assert.deepEqual([...stages], ['sample', 'scan', 'analyse']);
  assert.equal(summary.state, 'complete');
  assert.equal(summary.nSamples, 24);

  const all = await client.send(viewFragments, {
    ...flatView,
    study,
    offset: 0,
    limit: 10_000,
    order: 'train',
  });
  assert.equal(all.total, summary.nFragments);
  assert.equal(all.items.length, all.total);
  const page = await client.send(viewFragments, { ...flatView, study, offset: 3, limit: 5, order: 'train' });
  assert.deepEqual(page.items, all.items.slice(3, 8));
  const byLength = await client.send(viewFragments, {
    ...flatView,
    study,
    offset: 0,
    limit: 10_000,
    order: 'length',
  });
  assert.deepEqual(
    byLength.items.map((f) => f.nLines),
    all.items.map((f) => f.nLines).sort((a, b) => b - a),
  );

  const normalise = (lines: string[]) =>
    lines
      .map((line) => line.trim())
      .filter(Boolean)
      .join('\n');
  for (const { fingerprint, train, extract } of all.items.slice(0, 10)) {
    const request = { study, fingerprint, offset: 0, limit: 5 };
    const { text } = await client.send(protocol.getFragment, { study, fingerprint });
    const inTraining = await client.send(protocol.listTrainOccurrences, request);
    const inSamples = await client.send(protocol.listSampleOccurrences, request);
    assert.equal(inTraining.total, train);
    assert.equal(inSamples.total, extract);
    const { documentId, firstLine, lastLine, provenance } = inTraining.items[0]!;
    const document = await client.send(protocol.getDocument, { study, documentId });
    assert.equal(document.problem, null);
    assert.deepEqual(document.provenance, provenance);
    assert.equal(normalise(document.text.split(/\r\n|\n|\r/).slice(firstLine - 1, lastLine)), text);
    const place = inSamples.items[0]!;
    const sample = await client.send(protocol.getSample, { study, sampleId: place.sampleId });
    assert.equal(normalise(sample.text.split(/\r\n|\n|\r/).slice(place.firstLine - 1, place.lastLine)), text);
    assert(sample.marks.some((mark) => mark.fingerprint === fingerprint && mark.train === train));
  }

  client.child.kill('SIGKILL');
  const restarted = await startServer();
  assert.deepEqual(
    await restarted.send(viewFragments, { ...flatView, study, offset: 3, limit: 5, order: 'train' }),
    page,
  );
  assert.deepEqual(await restarted.send(protocol.getStudy, { study }), summary);
  const listed = await restarted.send(protocol.listStudies, { folder: join(study, '..') });
  assert.deepEqual(listed, [summary]);
});

const rejection = async (work: Promise<unknown>): Promise<ResponseError<ErrorData>> => {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (e: unknown) => e,
  );
  assert(error instanceof ResponseError);
  return error as ResponseError<ErrorData>;
};

test('cancelling a request stops its study at once; resuming finishes it', async () => {
  const study = join(scratchFolder(), 'c.sqlite');
  const client = await startServer();
  const stop = new CancellationTokenSource();
  const started = new Promise<void>((resolve) => {
    client.connection.onNotification(protocol.studyProgress.method, () => resolve());
  });
  const plan = await smallPlan(client);
  const longer = { ...plan, sampling: { ...plan.sampling, nSamples: 64 } };
  const running = client.connection.sendRequest(
    protocol.runStudy.method,
    { study, plan: longer, execution },
    stop.token,
  );
  const failed = rejection(running);
  await started;
  const meanwhile = await rejection(client.send(protocol.runStudy, { study, plan: longer, execution }));
  assert.equal(meanwhile.data?.code, 'user', 'a second run on the same file');
  const before = performance.now();
  stop.cancel();
  assert.equal((await failed).data?.code, 'cancelled');
  assert(performance.now() - before < AT_ONCE_MS);
  const stopped = await client.send(protocol.getStudy, { study });
  assert.equal(stopped.state, 'cancelled');
  assert(stopped.nSamples < 64, `${stopped.nSamples} samples were made`);
  assert.equal(stopped.nFragments, null);
  const resumed = await client.send(protocol.runStudy, { study, plan: null, execution });
  assert.equal(resumed.state, 'complete');
  assert.equal(resumed.nSamples, 64);
});

test('failures carry a literal code and a way out', async () => {
  const client = await startServer();
  const folder = scratchFolder();
  const missing = await rejection(client.send(protocol.getStudy, { study: join(folder, 'none.sqlite') }));
  assert.equal(missing.data?.code, 'user');
  assert(missing.message.includes('none.sqlite'));
  const source = { kind: 'model', model: join(folder, 'no-model') } as const;
  const plan = { ...(await smallPlan(client)), source };
  const noModel = await rejection(
    client.send(protocol.runStudy, { study: join(folder, 's.sqlite'), plan, execution }),
  );
  assert.equal(noModel.data?.code, 'user');
  assert(noModel.data?.action);
  assert.deepEqual(await client.send(protocol.listStudies, { folder: join(folder, 'nowhere') }), []);
});

test('a document whose shard is gone comes back as the excerpt that was kept, with the reason', async () => {
  const folder = scratchFolder();
  const study = join(folder, 's.sqlite');
  const client = await startServer();
  const { cpSync } = await import('node:fs');
  const plan = await smallPlan(client);
  const corpus = join(folder, 'corpus');
  cpSync(plan.corpus[0]!, corpus, { recursive: true });
  await client.send(protocol.runStudy, { study, plan: { ...plan, corpus: [corpus] }, execution });
  const { items } = await client.send(viewFragments, {
    ...flatView,
    study,
    offset: 0,
    limit: 1,
    order: 'train',
  });
  const { fingerprint } = items[0]!;
  const places = await client.send(protocol.listTrainOccurrences, {
    study,
    fingerprint,
    offset: 0,
    limit: 1,
  });
  renameSync(corpus, `${corpus}-moved`);
  const document = await client.send(protocol.getDocument, {
    study,
    documentId: places.items[0]!.documentId,
  });
  const problem = rawText(document.problem ?? '');
  assert.match(problem, /is gone/);
  assert(problem.includes(basename(rawText(places.items[0]!.provenance.shard))));
  assert(document.text.split('\n').length >= 6);
});

test('a server whose client is gone ends by itself', async () => {
  const client = await startServer();
  const ended = new Promise((resolve) => client.child.once('exit', resolve));
  client.child.disconnect();
  await ended;
});
