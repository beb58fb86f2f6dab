// The closer look at some windows of a map, on the demo's model and training data: greedy continuations against the map's
// own likeliest tokens, and priors against rows that are put together here.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { StudyPlan } from '../../../../protocol/study.ts';
import { measureExamined } from '../../../../server/answers/maps/measure-examined.ts';
import { editDistance } from '../../../../server/engine/edit-distance.ts';
import { defaultMap } from '../../../../server/plan/plan.ts';
import { mapBatch, openMapper } from '../../../../server/sampling/forms/map/map-batch.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { readExamined } from '../../../../server/store/maps/map-examined.ts';
import { readMapDocuments } from '../../../../server/store/maps/map-reader.ts';
import { openForReading } from '../../../../server/store/study-file.ts';
import { runStudy } from '../../../../server/study/run-study.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../../../support/demo.ts';
import { modelPlan } from '../../../support/plans.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const folder = scratchFolder();
const corpus = join(folder, 'corpus.jsonl');
const control = join(folder, 'control.jsonl');
const lines = gunzipSync(readFileSync(join(DEMO_CORPUS, 'shard-0001.json.gz')))
  .toString()
  .split('\n');
const texts = lines.slice(0, 8).map((line) => String(JSON.parse(line).content).slice(0, 800));
const write = (file: string, all: readonly string[]) =>
  writeFileSync(file, all.map((content) => `${JSON.stringify({ content })}\n`).join(''));
write(corpus, texts);
// What the model was never shown: the training data read backwards.
write(
  control,
  texts.map((text) => [...text].reverse().join('')),
);

const SHAPE = { prefix: 24, suffix: 16, stride: 20, examine: 20 };
const RULE = { topK: 40, temperature: 1 };
const plan: StudyPlan = {
  ...modelPlan(DEMO_MODEL, [corpus], RULE),
  source: { kind: 'map', model: DEMO_MODEL },
  map: { ...defaultMap, ...SHAPE, control: [control] },
};
const file = join(folder, 'map.sqlite');
await runStudy({
  ...{ file, plan, upTo: 'analyse', signal: new AbortController().signal, report: () => {} },
  execution: { provider: 'cpu', batch: 'auto', workers: 1 },
});

const greedyOf = (db: ReturnType<typeof openForReading>) => {
  const greedy = new Map<string, boolean>();
  for (const { documentId, nArgmax } of readMapDocuments(db)) {
    for (const [window, n] of nArgmax.entries())
      greedy.set(`${documentId} ${window * SHAPE.stride}`, n === SHAPE.suffix);
  }
  return greedy;
};

test('a greedy continuation is the suffix where each of its tokens is the likeliest, and nowhere else', () => {
  using db = openForReading(file);
  const greedy = greedyOf(db);
  const examined = (['training', 'control'] as const).flatMap((side) => [...readExamined(db, side)]);
  assert.equal(examined.length, 40);
  for (const { documentId, start, nEdits } of examined) {
    assert.equal(nEdits === 0, greedy.get(`${documentId} ${start}`), `${documentId} ${start}`);
  }
  const trained = measureExamined(db, 'training', SHAPE.suffix)!;
  const never = measureExamined(db, 'control', SHAPE.suffix)!;
  assert(trained.verbatim.value > 0.3 && trained.nearVerbatim.value >= trained.verbatim.value);
  assert.equal(never.nearVerbatim.value, 0);
  assert(trained.prior!.gain.low > never.prior!.gain.high, 'what was learned gains by what stood before it');
  assert(trained.prior!.extractable.value > 0.5 && trained.prior!.extractableUnrelated.value < 0.1);
});

test('which windows are drawn depends on their places alone, and they are spread over all', () => {
  using db = openForReading(file);
  const documents = new Set(readExamined(db, 'training').map(({ documentId }) => documentId));
  assert(documents.size >= 5, `${documents.size} documents`);
});

test('a prior is the mean over the prefixes of the next windows of other documents', async () => {
  using db = openForReading(file);
  const windows = readExamined(db, 'training');
  const checkpoint = await openCheckpoint(DEMO_MODEL);
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, RULE, session);
  const [first] = windows;
  const others = windows.slice(1).filter(({ documentId }) => documentId !== first!.documentId);
  const sums: { plain: number; drawn: number }[] = [];
  for (const { tokens } of [first!, ...others.slice(0, 4)]) {
    const row = Int32Array.from([...tokens.subarray(0, 24), ...first!.tokens.subarray(24)]);
    const [result] = await mapBatch(measure, RULE, [{ document: 0, start: 0, tokens: row, nKnown: 24 }]);
    const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
    sums.push({ plain: sum(result!.plain), drawn: sum(result!.drawn) });
  }
  const [own, ...unrelated] = sums;
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const { plainOwn, plainUnrelated, drawnOwn, drawnUnrelated, nUnrelated } = first!.prior!;
  assert.equal(nUnrelated, 4);
  assert(Math.abs(plainOwn - own!.plain) < 1e-4);
  assert(Math.abs(plainUnrelated - mean(unrelated.map(({ plain }) => plain))) < 1e-3);
  assert(drawnOwn === own!.drawn || Math.abs(drawnOwn - own!.drawn) < 1e-4);
  const drawn = Math.log(mean(unrelated.map((one) => Math.exp(one.drawn))));
  assert(drawnUnrelated === drawn || Math.abs(drawnUnrelated - drawn) < 1e-3, `${drawnUnrelated} ${drawn}`);
});

test('edits are the fewest', () => {
  const fewest = (a: readonly number[], b: readonly number[]): number => {
    if (a.length === 0 || b.length === 0) return a.length + b.length;
    const [x, y] = [a.slice(1), b.slice(1)];
    return Math.min(fewest(x, y) + (a[0] === b[0] ? 0 : 1), fewest(x, b) + 1, fewest(a, y) + 1);
  };
  const text = fc.array(fc.nat(2), { maxLength: 5 });
  fc.assert(fc.property(text, text, (a, b) => editDistance(a, b) === fewest(a, b)));
});
