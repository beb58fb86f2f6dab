// A batch that does not fit into memory is halved, the user is told, and the samples are the same. Memory is
// really made scarce, in a process of its own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EnvironmentError } from '../../../server/errors.ts';
import { BatchQueue } from '../../../server/sampling/run/batch-queue.ts';
import { BatchSizeSearch } from '../../../server/sampling/run/batch-size-search.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();

function sampleWith(limit: string, dir: string) {
  const program = join(import.meta.dirname, '../../support/sampling/memory-child.ts');
  const script = `${limit} exec "$@"`;
  const output = execFileSync('sh', ['-c', script, 'sh', process.execPath, program, dir], {
    encoding: 'utf8',
  });
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

describe('scarce memory', { skip: process.platform !== 'linux' }, () => {
  test('halves the batch, says so, and changes no sample', () => {
    // Room for the cache is claimed for the longest samples, and these end at once: little of it is used.
    const config = {
      n_embd: 192,
      n_head: 3,
      n_positions: 2048,
      eos_token_id: Array.from({ length: 300 }, (_, i) => i),
    };
    const dir = writeRandomCheckpoint(join(folder, 'model'), { config });
    const free = sampleWith('', dir);
    const scarce = sampleWith('ulimit -v 12000000;', dir);
    assert.deepEqual(free.environment.fallbacks, []);
    assert.match(scarce.environment.fallbacks[0], /A batch of 2048 does not fit into memory/);
    assert.ok(scarce.environment.batch < 2048);
    assert.equal(scarce.nSamples, 2048);
    assert.equal(scarce.digest, free.digest);
  });
});

describe('the queue of batches', () => {
  test('brings rows back in smaller batches, and goes on after its end', () => {
    const queue = new BatchQueue([1, 2, 3, 4, 5], new BatchSizeSearch(4, 4, 1));
    assert.deepEqual(queue.next().value, [1, 2, 3, 4]);
    assert.deepEqual(queue.next().value, [5]);
    assert.equal(queue.next().done, true);
    queue.giveBack([1, 2, 3, 4]);
    assert.deepEqual(queue.next().value, [1, 2]);
    assert.deepEqual(queue.next().value, [3, 4]);
    assert.equal(queue.next().done, true);
  });

  test('gives up at one row', () => {
    assert.throws(() => new BatchQueue([1], new BatchSizeSearch(1, 1, 1)).giveBack([1]), EnvironmentError);
  });
});
