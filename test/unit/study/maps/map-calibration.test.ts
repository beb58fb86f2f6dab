// The map's probabilities are those that the sampler draws with: windows, each drawn again and again. `npm run bench --
// discover` does it with 200 windows of 50 tokens; here they are few, and of 3 tokens.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { MapPlan, Progress, StudyPlan } from '../../../../protocol/study.ts';
import { measureCalibration } from '../../../../server/answers/maps/measure-calibration.ts';
import { Cancelled } from '../../../../server/errors.ts';
import { gatherMapReport } from '../../../../server/formats/maps/map-content.ts';
import { mapForms } from '../../../../server/formats/maps/map-forms.ts';
import { defaultMap } from '../../../../server/plan/plan.ts';
import { measureForDashboard } from '../../../../server/queries/map-dashboard.ts';
import { mapBatch, openMapper } from '../../../../server/sampling/forms/map/map-batch.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { openWindowTokens, readCalibration } from '../../../../server/store/maps/map-calibration.ts';
import { openForReading } from '../../../../server/store/study-file.ts';
import { summarise } from '../../../../server/store/summary.ts';
import { runStudy } from '../../../../server/study/run-study.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../../../support/demo.ts';
import { modelPlan } from '../../../support/plans.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const folder = scratchFolder();
const corpus = join(folder, 'corpus.jsonl');
const rows = gunzipSync(readFileSync(join(DEMO_CORPUS, 'shard-0001.json.gz')))
  .toString()
  .split('\n', 12);
const texts = rows.map((line) => String(JSON.parse(line).content).slice(0, 300));
writeFileSync(corpus, texts.map((content) => `${JSON.stringify({ content })}\n`).join(''));

const N_WINDOWS = 4;
const SHAPE = { prefix: 6, suffix: 3, stride: 9, examine: 0, calibrate: N_WINDOWS };
const RULE = { topK: 40, temperature: 1 };

const planOf = (map: Partial<MapPlan>): StudyPlan => ({
  ...modelPlan(DEMO_MODEL, [corpus], RULE),
  source: { kind: 'map', model: DEMO_MODEL },
  map: { ...defaultMap, ...SHAPE, ...map },
});

const run = (
  file: string,
  plan: StudyPlan,
  { signal, report }: { signal: AbortSignal; report: (progress: Progress) => void } = {
    signal: new AbortController().signal,
    report: () => {},
  },
) =>
  runStudy({
    ...{ file, plan, upTo: 'analyse', signal, report },
    execution: { provider: 'cpu', batch: 32, workers: 1 },
  });

const file = join(folder, 'map.sqlite');

test('windows come as often as the map says, also when the drawing was stopped on the way', async () => {
  const plan = planOf({});
  const stop = new AbortController();
  let resumedFrom = 0;
  await assert.rejects(
    run(file, plan, {
      signal: stop.signal,
      report: ({ stage, done }) => {
        if (stage === 'calibrate' && done > 250) stop.abort();
      },
    }),
    Cancelled,
  );
  const kept = drawnIn(file);
  assert(kept.some((nCame) => nCame !== null) && kept.includes(null), JSON.stringify(kept));
  await run(file, plan, {
    signal: new AbortController().signal,
    report: (progress) => {
      if (progress.stage === 'calibrate') resumedFrom = progress.resumedFrom;
    },
  });
  assert.equal(resumedFrom, 200 * kept.filter((nCame) => nCame !== null).length);
  using db = openForReading(file);
  const { nWindows, nDraws, nCame, nExpected, chance, windows } = measureCalibration(db)!;
  assert.deepEqual([nWindows, nDraws], [N_WINDOWS, 200 * N_WINDOWS]);
  assert(chance > 0.001, `chance gives as much in ${chance} of tries`);
  assert(Math.abs(nCame - nExpected) < 0.1 * nDraws, `${nCame}, not about ${nExpected}`);
  assert(windows.every(({ p }) => p >= 0.02 && p <= 0.98));
  for (const [i, came] of kept.entries()) if (came !== null) assert.equal(drawnIn(file)[i], came);
});

const drawnIn = (study: string): readonly (number | null)[] => {
  using db = openForReading(study);
  return readCalibration(db).map(({ nCame }) => nCame);
};

test('a finished map is calibrated later, and with more windows, as if it had been asked for at once', async () => {
  const later = join(folder, 'later.sqlite');
  await run(later, planOf({ calibrate: 0 }));
  assert.deepEqual(drawnIn(later), []);
  const stages = new Set<string>();
  let resumedFrom = 0;
  for (const calibrate of [2, N_WINDOWS]) {
    await run(later, planOf({ calibrate }), {
      signal: new AbortController().signal,
      report: (progress) => {
        stages.add(progress.stage);
        if (progress.stage === 'calibrate') resumedFrom = progress.resumedFrom;
      },
    });
  }
  assert(stages.has('calibrate') && !stages.has('map'), [...stages].join());
  assert.equal(resumedFrom, 2 * 200, 'what was drawn is drawn again');
  assert.deepEqual(drawnIn(later), drawnIn(file));
  await assert.rejects(
    run(later, planOf({ calibrate: 2 })),
    /holds another study: calibrate was 4, now 2/,
    'fewer would lose some',
  );
  await assert.rejects(run(later, planOf({ calibrate: 9, suffix: 4 })), /suffix was 3, now 4/);
});

test('in running context a window is held against its probability behind the prefix alone', async () => {
  const running = join(folder, 'running.sqlite');
  await run(running, planOf({ context: 'running', calibrate: 1 }));
  using db = openForReading(running);
  const [window] = readCalibration(db);
  const tokens = Int32Array.from(openWindowTokens(db)(window!));
  const checkpoint = await openCheckpoint(DEMO_MODEL);
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, RULE, session);
  const [alone] = await mapBatch(measure, RULE, [{ document: 0, start: 0, tokens, nKnown: SHAPE.prefix }]);
  const logp = alone!.drawn.reduce((sum, one) => sum + one, 0);
  assert(Math.abs(logp - window!.logp) < 1e-4, `${logp}, not ${window!.logp}`);
});

test('reports and the dashboard say how often windows came', async () => {
  using db = openForReading(file);
  const content = await gatherMapReport(db, summarise(db, file, false), {
    disclosure: 'masked',
    baseline: null,
  });
  for (const format of ['table', 'md', 'html', 'json'] as const) {
    let text = '';
    for await (const line of mapForms[format](content)) text += `${line}\n`;
    if (format === 'json') assert.equal(JSON.parse(text).calibration.windows.length, N_WINDOWS);
    else assert.match(text, /The map against the sampler[\s\S]*χ² is [\d.]+ on 4 degrees of freedom/);
  }
  const { calibration } = measureForDashboard(file);
  assert.equal(calibration?.windows.length, N_WINDOWS);
  assert.equal(
    calibration?.byProbability.reduce((n, { nWindows }) => n + nWindows, 0),
    N_WINDOWS,
  );
});
