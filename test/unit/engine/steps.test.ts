// The analysis in steps: it can be stopped at any time, and nothing half done is kept.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fragment } from '../../../server/engine/detection.ts';
import { countInSteps } from '../../../server/engine/find-fragments.ts';
import { prepareInSteps } from '../../../server/engine/prepare-request.ts';
import { finish } from '../../../server/engine/steps.ts';
import { Cancelled } from '../../../server/errors.ts';
import { inTurns } from '../../../server/in-turns.ts';
import { numberInSteps } from '../../../server/kernel/number-samples.ts';
import { replaceInSteps } from '../../../server/store/fragments-table.ts';
import { openForWriting, transact, transactInTurns } from '../../../server/store/study-file.ts';
import { AT_ONCE_MS } from '../../support/wait-limit.ts';

const rule = { minLines: 6, profile: 'exact-1' } as const;
const never = new AbortController().signal;

test('an analysis of large samples stops within a second', async () => {
  const text = (sample: number) =>
    Buffer.from(Array.from({ length: 50 }, (_, i) => `line ${i} of sample ${sample}\n`).join(''));
  const samples = Array.from({ length: 40_000 }, (_, sampleId) => ({
    sampleId,
    text: text(sampleId),
    cut: false,
  }));
  function* analyse() {
    const index = yield* numberInSteps(samples, rule);
    return yield* countInSteps(yield* prepareInSteps({ samples, rule, results: [], index }));
  }
  // Whole, it takes longer than until the signal below.
  for (const afterMs of [0, 150, 400]) {
    const stopping = new AbortController();
    let abortedAt = Number.NaN;
    setTimeout(() => {
      abortedAt = performance.now();
      stopping.abort();
    }, afterMs);
    const work = async () => {
      for (;;) await inTurns(analyse(), stopping.signal);
    };
    await assert.rejects(work, Cancelled);
    assert.ok(performance.now() - abortedAt < AT_ONCE_MS);
  }
});

test('fragments replaced in turns are all there, or none of them after a stop', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-steps-'));
  const db = openForWriting(join(folder, 'study.sqlite'));
  try {
    const fragment = (i: number): Fragment => ({
      fingerprint: i.toString(16).padStart(32, '0'),
      nLines: 6,
      text: Buffer.from(`${i}`),
      train: 1,
      nDocuments: 1,
      nRepositories: 1,
      extract: 1,
      nSamples: 1,
      clipped: false,
      family: i,
      trainPlaces: [],
      samplePlaces: [],
    });
    const count = () => Number(db.prepare('SELECT count(*) AS n FROM fragments').get()!.n);
    transact(db, () => finish(replaceInSteps(db, [fragment(0)])));
    const many = Array.from({ length: 20_000 }, (_, i) => fragment(i));
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 0);
    function* endless() {
      for (let i = 0; ; i++) yield fragment(i);
    }
    await assert.rejects(
      transactInTurns(db, () => inTurns(replaceInSteps(db, endless()), stopping.signal)),
      Cancelled,
    );
    assert.equal(count(), 1);
    assert.equal(db.isTransaction, false);
    await transactInTurns(db, () => inTurns(replaceInSteps(db, many), never));
    assert.equal(count(), many.length);
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
