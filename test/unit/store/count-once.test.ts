// Counts that are kept for a state of a study's file: asked once while nobody writes, and never those of another state.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { tryLock } from '../../../server/file-lock.ts';
import { countOnce } from '../../../server/store/count-once.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { insertStudy } from '../../../server/store/study-table.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

/** A study, and a counter of its labels that tells how often it was asked. */
function labelled() {
  const file = join(scratchFolder(), 'a.sqlite');
  const label = (name: string) => {
    using db = openForWriting(file);
    db.prepare("INSERT INTO labels VALUES (?, 'a', 'logic', '', '')").run(name);
  };
  {
    using db = openForWriting(file);
    insertStudy(db, modelPlan('/model', ['/corpus']));
  }
  const asked = { times: 0 };
  const count = (what = 'labels') => {
    using db = openForReading(file);
    return countOnce(db, what, () => {
      asked.times++;
      return Number(db.prepare('SELECT count(*) AS n FROM labels').get()?.n);
    });
  };
  return { file, label, asked, count };
}

/** Lets so much time pass since files were written. */
function later(context: { after(work: () => void): void }, ms: number): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + ms });
  context.after(() => mock.timers.reset());
}

test('asked once as long as nobody writes, and anew after that', (t) => {
  const { label, asked, count } = labelled();
  label('first');
  later(t, 60_000);
  assert.deepEqual([count(), count(), asked.times], [1, 1, 1]);
  assert.deepEqual([count('others'), asked.times], [1, 2]);
  label('second');
  assert.deepEqual([count(), count()], [2, 2]);
  label('third');
  assert.deepEqual([count(), count('others')], [3, 3]);
});

test('nothing is kept of a file that was written a moment ago: the next write may leave the same times', () => {
  const { asked, count } = labelled();
  assert.deepEqual([count(), count(), asked.times], [0, 0, 2]);
});

test('what is named at great length is not kept', (t) => {
  const { asked, count } = labelled();
  later(t, 60_000);
  const name = 'x'.repeat(10_000);
  assert.deepEqual([count(name), count(name), asked.times], [0, 0, 2]);
});

test('nothing is kept of a study that a process is writing', (t) => {
  const { file, asked, count } = labelled();
  later(t, 60_000);
  {
    using lock = tryLock(file);
    assert(lock);
    assert.deepEqual([count(), count(), asked.times], [0, 0, 2]);
  }
  assert.deepEqual([count(), count(), asked.times], [0, 0, 3]);
});
