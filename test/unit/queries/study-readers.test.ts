// Study files are read by processes of their own: one that never ends, or that needs more memory than there is for it,
// ends that process alone, and whoever asked for another study gets the answer.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { getDashboard, measureDashboard } from '../../../protocol/dashboard.ts';
import { getSample, getStudy, listStudies } from '../../../protocol/requests.ts';
import type { StudySummary } from '../../../protocol/study.ts';
import { Cancelled, UserError } from '../../../server/errors.ts';
import { type LaneLimits, ReaderLane } from '../../../server/queries/reader-lane.ts';
import { studyAnswers } from '../../../server/queries/study-answers.ts';
import { studyMessages } from '../../../server/queries/study-messages.ts';
import { StudyReaders } from '../../../server/queries/study-readers.ts';
import { makeEndless } from '../../support/endless-study.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { processesWith, startServer, until } from '../../support/server-client.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const limits: LaneLimits = { cpuMs: 500, heapMb: 256, idleMs: null };
const { file: good } = await makeSmallStudy(scratchFolder());
const endless = join(scratchFolder(), 'endless.sqlite');
copyFileSync(good, endless);
makeEndless(endless);
const never = new AbortController().signal;

const ask = (lane: ReaderLane, study: string, signal = never) =>
  lane.ask({
    method: getStudy.method,
    params: { study },
    disclosure: 'masked',
    signal,
  }) as Promise<StudySummary>;
const tooMuch = (error: unknown) =>
  error instanceof UserError && /takes more time or memory/.test(error.message);

test('every message about a study has its answer, and no answer is without a message', () => {
  assert.deepEqual(
    [...studyAnswers.keys()].sort(),
    studyMessages.map(({ message }) => message.method).sort(),
  );
});

test('a study that never ends is given up, and those asked for beside it are answered', async () => {
  using lane = new ReaderLane(limits);
  const asked = [good, endless, good, endless, good].map((study) => ask(lane, study));
  const answers = await Promise.allSettled(asked);
  for (const [i, answer] of answers.entries()) {
    if (i % 2 === 0) assert.equal(answer.status === 'fulfilled' && answer.value.nSamples, 6, String(i));
    else assert.ok(answer.status === 'rejected' && tooMuch(answer.reason), String(i));
  }
  assert.equal((await ask(lane, good)).nSamples, 6, 'and so is who asks later');
});

test('it is not tried again until the file is another', async () => {
  using lane = new ReaderLane(limits);
  const study = join(scratchFolder(), 's.sqlite');
  copyFileSync(endless, study);
  await assert.rejects(ask(lane, study), tooMuch);
  // Within a moment that the process would not have needed to start in.
  const again = await Promise.race([
    ask(lane, study).catch(tooMuch),
    new Promise((resolve) => setTimeout(resolve, 20)),
  ]);
  assert.equal(again, true);
  copyFileSync(good, study);
  assert.equal((await ask(lane, study)).nSamples, 6);
});

test('whoever does not wait any more is told at once, also by a process that is stuck', async () => {
  using lane = new ReaderLane(limits);
  const stop = new AbortController();
  const asked = ask(lane, endless, stop.signal);
  setTimeout(() => stop.abort(), 100);
  await assert.rejects(asked, Cancelled);
  assert.equal((await ask(lane, good)).nSamples, 6);
});

test('what one process has found out about a study, the others need not', async () => {
  const patient = { ...limits, cpuMs: 1e9 };
  using readers = new StudyReaders({ quick: limits, slow: patient, alone: patient });
  const question = { params: { study: endless }, disclosure: 'masked', signal: never } as const;
  await assert.rejects(readers.ask('quick', { ...question, method: getStudy.method }), tooMuch);
  await assert.rejects(readers.ask('slow', { ...question, method: getDashboard.method }), tooMuch);
  await assert.rejects(readers.ask('alone', { ...question, method: measureDashboard.method }), tooMuch);
});

test('a study that needs more memory than there is for it is given up', async () => {
  using lane = new ReaderLane({ ...limits, cpuMs: 60_000, heapMb: 64 });
  const study = join(scratchFolder(), 'large.sqlite');
  copyFileSync(good, study);
  using db = new DatabaseSync(study);
  db.prepare('UPDATE samples SET text = ? WHERE sample_id = 0').run(Buffer.alloc(80_000_000, 'A'));
  const asked = { params: { study, sampleId: 0 }, disclosure: 'masked', signal: never } as const;
  await assert.rejects(lane.ask({ ...asked, method: getSample.method }), tooMuch);
  assert.equal((await ask(lane, good)).nSamples, 6);
});

test('failures arrive as they were thrown', async () => {
  using lane = new ReaderLane(limits);
  await assert.rejects(
    ask(lane, '/nowhere.sqlite'),
    (error) => error instanceof UserError && error.action !== undefined,
  );
});

test('the list of a folder holds the studies that can be read, beside what cannot', async () => {
  const folder = scratchFolder();
  copyFileSync(good, join(folder, 'good.sqlite'));
  copyFileSync(endless, join(folder, 'endless.sqlite'));
  writeFileSync(join(folder, 'text.sqlite'), 'nothing of the kind'.repeat(100));
  writeFileSync(join(folder, 'empty.sqlite'), '');
  mkdirSync(join(folder, 'folder.sqlite'));
  using readers = new StudyReaders({ quick: limits });
  const found = await readers.listStudies(folder, never);
  assert.deepEqual(
    found.map(({ name }) => name),
    ['good'],
  );
});

test('no process outlives a server that is killed while one of its readers is stuck', async () => {
  const folder = scratchFolder();
  const marker = `VERBATIM_READER_TEST=${folder}`;
  const client = await startServer({ env: { VERBATIM_READER_TEST: folder } });
  assert.deepEqual(await client.send(listStudies, { folder: join(folder, 'none') }), []);
  client.send(getStudy, { study: endless }).catch(() => {});
  await until('the reader runs', () => processesWith(marker, 'environ').length === 2);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  client.child.kill('SIGKILL');
  await until('no process is left', () => processesWith(marker, 'environ').length === 0);
});
