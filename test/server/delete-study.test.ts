// Deleting a study while others have it, with real processes: it goes whole or stays whole, whoever wins.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorData } from '../../protocol/errors.ts';
import * as protocol from '../../protocol/requests.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type ServerClient, startServer } from '../support/server-client.ts';
import { makeSmallStudy } from '../support/small-study.ts';

const execution = { provider: 'cpu', batch: 8, workers: 1 } as const;

const { file: made } = await makeSmallStudy(scratchFolder());

/** A finished study in a folder of its own. */
function anotherStudy(): string {
  const study = join(scratchFolder(), 's.sqlite');
  copyFileSync(made, study);
  return study;
}

/** `done`, or the code of the failure. */
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { readonly data?: ErrorData }) => error.data?.code ?? 'none',
  );

const remove = (client: ServerClient, study: string) => outcome(client.send(protocol.deleteStudy, { study }));

/** What is left of a study, but for the lock's own file, which others may be about to lock. */
const left = (study: string) =>
  readdirSync(join(study, '..')).filter((name) => /\.sqlite(-wal|-shm|-journal)?$/.test(name));

test('a study that runs is not deleted, and one that has been paused is', async () => {
  const study = join(scratchFolder(), 's.sqlite');
  const [runner, other] = await Promise.all([startServer(), startServer()]);
  const plan = await runner.send(protocol.getDemoPlan, {});
  const sampling = { ...plan.sampling, nSamples: 200, maxTokens: 64 };
  const begun = runner.progress(({ stage, done }) => stage === 'sample' && done > 0);
  void outcome(runner.send(protocol.runStudy, { study, plan: { ...plan, sampling }, execution }));
  await begun;
  // However long it takes to ask, the study is not over meanwhile.
  runner.child.kill('SIGSTOP');
  assert.equal(await remove(other, study), 'user');
  assert.ok(existsSync(study));
  runner.child.kill('SIGKILL');
  await once(runner.child, 'exit');
  assert.equal(await remove(other, study), 'done');
  assert.deepEqual(left(study), []);
  assert.equal(await remove(other, study), 'done', 'what is gone is no failure');
});

test('two windows delete one study at once, again and again: it is gone, and nobody meets a bug', async () => {
  const [first, second] = await Promise.all([startServer(), startServer()]);
  for (let n = 0; n < 10; n++) {
    const study = anotherStudy();
    // The loser of the race may find the study being written, which deleting is.
    const outcomes = await Promise.all([remove(first, study), remove(second, study)]);
    assert.ok(outcomes.includes('done'), outcomes.join());
    for (const how of outcomes) assert.match(how, /^(done|user)$/);
    assert.deepEqual(left(study), []);
  }
});

test('one window deletes while another resumes: either it runs to its end, or nothing is left', async () => {
  const [first, second] = await Promise.all([startServer(), startServer()]);
  const ends = new Set<string>();
  for (let n = 0; n < 12; n++) {
    const study = anotherStudy();
    const resume = () => outcome(second.send(protocol.runStudy, { study, plan: null, execution }));
    const [removed, resumed] =
      n % 2 === 0
        ? await Promise.all([remove(first, study), resume()])
        : (await Promise.all([resume(), remove(first, study)])).reverse();
    ends.add(`${removed} ${resumed}`);
    if (existsSync(study)) {
      assert.equal(removed, 'user');
      assert.equal((await first.send(protocol.getStudy, { study })).state, 'complete');
    } else {
      assert.equal(removed, 'done');
      assert.deepEqual(left(study), []);
    }
    assert.match(resumed!, /^(done|user)$/);
  }
  assert.ok(ends.size > 0);
});
