// A look into a study before its end: at the samples that it has by now, through a study of them, and at the shards that
// were scanned by now. It tells what a study of just these would, and changes nothing of what comes later.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { SamplesSource, StudyPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { readShards } from '../../../server/store/shards-table.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { samplesAt } from '../../../server/study/samples-at.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { layOutEarlierStudies, unpackEarlierStudy } from '../../support/earlier-study.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const folder = scratchFolder();
before(() => layOutEarlierStudies(folder));

const run = (file: string, plan: StudyPlan | null, upTo: 'scanned' | 'analyse' = 'analyse') =>
  runStudy({
    file,
    plan,
    execution: { provider: 'cpu', batch: 8, workers: 1 },
    upTo,
    signal: new AbortController().signal,
    report: () => {},
  });

const planOf = (samples: string, corpus: string): StudyPlan => ({
  ...scanPlan(samples, [corpus]),
  columns: { license: 'licence' },
  rule: { minLines: 1, profile: 'exact-1' },
});

/** Every fragment with its counts, and how each sample ended. */
function found(file: string): readonly object[] {
  using db = openForReading(file);
  return ['SELECT fingerprint, train, extract, clipped FROM fragments ORDER BY 1', ENDS].flatMap((sql) =>
    db.prepare(sql).all(),
  );
}

const ENDS = 'SELECT sample_id, ended FROM samples ORDER BY 1';

test('what the samples of a study repeat is told again by a study of them, to the same fragments', async () => {
  const small = await makeSmallStudy(scratchFolder());
  const db = openForWriting(small.file);
  db.exec(
    "UPDATE samples SET ended = 'eos' WHERE sample_id = 0; UPDATE samples SET ended = 'length' WHERE sample_id = 1",
  );
  db.close();
  await run(small.file, null); // Whether a fragment was cut off is another now.
  const before = dumpStudy(small.file);
  const soFar = join(folder, 'so-far.sqlite');
  const { nFragments } = await run(soFar, {
    ...small.plan,
    source: { ...small.plan.source, samples: small.file } as SamplesSource,
  });
  assert.ok((nFragments ?? 0) > 0);
  assert.deepEqual(found(soFar), found(small.file));
  assert.equal(dumpStudy(small.file), before, 'the study itself is as it was');
  // With fewer lines what is found is as much, or more.
  const closest = join(folder, 'closest.sqlite');
  const { nFragments: nShorter } = await run(closest, planOf(small.file, small.corpus));
  assert.ok((nShorter ?? 0) >= (nFragments ?? 0));
});

test('a look at the scanned shards tells what they hold, and changes nothing of the end', async () => {
  const looked = unpackEarlierStudy(folder, 'paused-in-scanning');
  const summary = await run(looked, null, 'scanned');
  assert.deepEqual([summary.state, summary.nShardsScanned, summary.nShards], ['cancelled', 1, 3]);
  assert.ok((summary.nFragments ?? 0) > 0);
  using db = openForReading(looked);
  const shard = readShards(db).find(({ state }) => state === 'scanned')!;
  db.close();
  const alone = join(folder, 'one-shard.sqlite');
  await run(alone, planOf(looked, shard.path));
  assert.deepEqual(found(looked), found(alone));

  await run(looked, null);
  const ended = dumpStudy(looked);
  await run(unpackEarlierStudy(folder, 'paused-in-scanning'), null); // In the same place, as if nobody had looked.
  assert.equal(ended, dumpStudy(looked));
});

test('a study without samples is refused by name', async () => {
  const empty = join(folder, 'empty.sqlite');
  openForWriting(empty).close();
  await assert.rejects(samplesAt(empty), (error: unknown) => {
    assert.ok(error instanceof UserError && /empty\.sqlite has no samples yet/.test(error.message));
    return true;
  });
});
