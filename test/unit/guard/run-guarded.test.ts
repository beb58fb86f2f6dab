// Readers that never end, or make much of little, in the threads that are meant for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { Cancelled, UserError } from '../../../server/errors.ts';
import { GuardedThread, runGuarded } from '../../../server/guard/run-guarded.ts';
import { newBeats, watchWorker } from '../../../server/guard/watch-worker.ts';
import type { Task } from '../../support/guarded-tasks.ts';

const url = new URL('../../support/guarded-tasks.ts', import.meta.url);
const limits = { what: '/models/x', stallMs: 700, memoryBytes: 200 << 20 };
const run = (task: Task, signal?: AbortSignal) =>
  runGuarded<Task, unknown>(url, task, { ...limits, ...(signal && { signal }) });

test('what is read comes back as it is', async () => {
  assert.deepEqual(await run('answer'), new Map([['bytes', new Uint8Array(3)]]));
});

test('waiting is no work, and work that gets on may take longer than the limit', async () => {
  assert.equal(await run('wait'), 'waited');
  assert.equal(await run('beat'), 'worked');
});

for (const task of ['loop', 'backtrack'] as const) {
  test(`${task}: given up, by name`, async () => {
    await assert.rejects(run(task), (error: unknown) => {
      assert(error instanceof UserError);
      assert.match(error.message, /^\/models\/x is given up: .* gets nowhere/);
      return error.action !== undefined;
    });
  });
}

for (const task of ['buffers', 'objects'] as const) {
  test(`${task}: given up for what they take, however late it is seen`, async () => {
    const patient = { ...limits, stallMs: 600_000 };
    await assert.rejects(runGuarded<Task, unknown>(url, task, patient), (error: unknown) => {
      assert(error instanceof UserError, String(error));
      assert.match(error.message, /^\/models\/x is given up: .* more than 210 MB of memory/);
      return true;
    });
  });
}

test('a thread that has not begun when it is first looked at is looked at again', async () => {
  let nAsked = 0;
  const worker = {
    performance: { eventLoopUtilization: () => ({ active: 0 }) },
    getHeapStatistics: async () => {
      if (nAsked++ === 0) throw new Error('Worker instance not running');
      return { used_heap_size: 2, external_memory: 0 };
    },
    terminate: async () => 0,
  } as unknown as Worker;
  const awake = setInterval(() => {}, 1000);
  const excess = await new Promise((resolve) =>
    watchWorker(worker, newBeats(), { stallMs: 1000, memoryBytes: 1 }, resolve),
  );
  clearInterval(awake);
  assert.deepEqual([excess, nAsked], ['memory', 2]);
});

test('nesting deeper than the stack is the fault of the file', async () => {
  await assert.rejects(
    run('nest'),
    (error: unknown) => error instanceof UserError && /^\/models/.test(error.message),
  );
});

test('a refusal keeps its kind and its way out; a mistake of ours stays one', async () => {
  await assert.rejects(run('refuse'), (error: unknown) => {
    assert(error instanceof UserError);
    assert.deepEqual([error.message, error.action], ['config.json: "n_layer" is none', 'Correct it.']);
    return true;
  });
  await assert.rejects(run('mistake'), (error: unknown) => {
    assert(error instanceof Error && !(error instanceof UserError));
    assert.match(String(error.stack), /guarded-tasks/);
    return true;
  });
});

test('a promise that nobody waits for ends its own thread alone', async () => {
  await assert.rejects(run('leak'), /nobody waited/);
});

test('a stop ends a reader in the middle of its loop', async () => {
  const stop = new AbortController();
  const reading = run('loop', stop.signal);
  setTimeout(() => stop.abort(), 200);
  await assert.rejects(reading, (error: unknown) => error instanceof Cancelled);
});

test('one thread answers again and again, and never after it was given up', async () => {
  using thread = new GuardedThread<Task, unknown>(url, limits);
  assert.equal(await thread.ask('beat'), 'worked');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(await thread.ask('wait'), 'waited');
  await assert.rejects(thread.ask('loop'), UserError);
  await assert.rejects(thread.ask('answer'), UserError);
});
