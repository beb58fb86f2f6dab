// An extraction map as a study: its windows against rows that are cut here, and the same tables however it is run.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Execution, MapPlan, StudyPlan } from '../../../../protocol/study.ts';
import { compareMaps } from '../../../../server/answers/maps/compare-maps.ts';
import { listExposedRows } from '../../../../server/answers/training-rows.ts';
import { UserError } from '../../../../server/errors.ts';
import { defaultMap } from '../../../../server/plan/plan.ts';
import { mapBatch, openMapper } from '../../../../server/sampling/forms/map/map-batch.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { createEncoder } from '../../../../server/sampling/tokenizer/encode-text.ts';
import {
  countMap,
  readMapDocuments,
  type StoredMapDocument,
} from '../../../../server/store/maps/map-reader.ts';
import { openForReading } from '../../../../server/store/study-file.ts';
import { estimateMap } from '../../../../server/study/maps/estimate-map.ts';
import { runStudy } from '../../../../server/study/run-study.ts';
import { cli } from '../../../support/cli.ts';
import { dumpStudy } from '../../../support/dump-study.ts';
import { modelPlan } from '../../../support/plans.ts';
import { writeRandomCheckpoint } from '../../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
const texts = [
  'def total(items):\n    return sum(item.price for item in items)\n\n',
  'short',
  'has <|endoftext|> in it, which no tokenizer gives back, however long the rest of it may be\n',
  `${'lines of a text that is longer than the context of ninety-six\r\n'.repeat(4)}`,
  Array.from({ length: 40 }, (_, i) => `x${i} = ${i * 7}`).join('\n'),
];
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
/** Put together here, so that no scanner takes this file for a leak. */
const token = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const rows = texts.map((content, i) =>
  JSON.stringify({ content, repo_name: `r/${i % 2}`, path: `${token}/f${i}.py`, license: 'mit' }),
);
writeFileSync(join(corpus, 'a.jsonl'), `${rows.slice(0, 4).join('\n')}\n`);
writeFileSync(join(corpus, 'b.jsonl'), `${rows.slice(4).join('\n')}\n`);
const control = join(folder, 'control');
mkdirSync(control);
writeFileSync(join(control, 'new.py'), `${'y'.repeat(30)}\n${texts[0]}`);

const SHAPE = { prefix: 10, suffix: 8, stride: 5, keep: 0 };

const planOf = (map: Partial<MapPlan> = {}): StudyPlan => ({
  ...modelPlan(model, [corpus], { topK: 0, temperature: 0.8 }),
  source: { kind: 'map', model },
  map: { ...defaultMap, ...SHAPE, ...map },
});

let nFiles = 0;
async function run(
  plan: StudyPlan,
  execution: Partial<Execution> = {},
  file = join(folder, `${nFiles++}.sqlite`),
  stop = new AbortController(),
): Promise<string> {
  await runStudy({
    ...{ file, plan, upTo: 'analyse', signal: stop.signal, report: () => {} },
    execution: { provider: 'cpu', batch: 'auto', workers: 1, ...execution },
    onShardMapped: () => stop.signal.dispatchEvent(new Event('mapped')),
  });
  return file;
}

const exactFile = await run(planOf({ control: [control] }));
const runningFile = await run(planOf({ context: 'running' }));

function documentsOf(file: string): readonly StoredMapDocument[] {
  using db = openForReading(file);
  return [...readMapDocuments(db)];
}

test('windows are the prefix alone before the suffix, wherever they lie', async () => {
  const documents = documentsOf(exactFile).filter(({ side }) => side === 'training');
  assert.equal(documents.length, 3);
  const checkpoint = await openCheckpoint(model);
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  const rule = { topK: 0, temperature: 0.8 };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, rule, session);
  for (const [i, text] of [texts[0]!, texts[3]!, texts[4]!].entries()) {
    const tokens = encode(Buffer.from(text));
    const { logp, logpPlain, nArgmax, places, nTokens } = documents[i]!;
    assert.equal(nTokens, tokens.length);
    assert.equal(logp.length, Math.floor((tokens.length - 18) / 5) + 1);
    for (const [window, one] of logp.entries()) {
      const start = 5 * window;
      const own = Int32Array.from(tokens.slice(start, start + 18));
      const [alone] = await mapBatch(measure, rule, [{ document: 0, start: 10, tokens: own, nKnown: 10 }]);
      const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
      assert.equal(one, Math.fround(sum(alone!.drawn)));
      assert.equal(logpPlain[window], Math.fround(sum(alone!.plain)));
      assert.equal(nArgmax[window], sum(alone!.best));
      const bytes = (some: readonly number[]) => Buffer.concat(some.map((id) => checkpoint.tokenBytes[id]!));
      const [at, length] = [places[2 * window]!, places[2 * window + 1]!];
      assert.equal(at, bytes(tokens.slice(0, start + 10)).length);
      assert.deepEqual(
        Buffer.from(text).subarray(at, at + length),
        bytes(tokens.slice(start + 10, start + 18)),
      );
    }
  }
});

test('what is not measured is counted, copies are counted, and so is what a control shares', async () => {
  using db = openForReading(exactFile);
  const { nDocuments, nMeasured, nShort, nUnfaithful } = countMap(db, 'training');
  assert.deepEqual([nDocuments, nMeasured, nShort, nUnfaithful], [5, 3, 1, 1]);
  assert.equal(countMap(db, 'control').nDocuments, 1);
  const whole = texts.map((text) => Buffer.from(text));
  let nShared = 0;
  for (const { side, places, copies, provenance } of readMapDocuments(db)) {
    const text =
      side === 'control'
        ? Buffer.from(`${'y'.repeat(30)}\n${texts[0]}`)
        : whole[provenance.row + (String(provenance.shard as unknown) === 'b.jsonl' ? 4 : 0)]!;
    for (const [window, n] of copies!.entries()) {
      const suffix = text.subarray(places[2 * window], places[2 * window]! + places[2 * window + 1]!);
      let wanted = 0;
      for (const one of whole)
        for (let at = one.indexOf(suffix); at >= 0; at = one.indexOf(suffix, at + 1)) wanted++;
      assert.equal(n, wanted, suffix.toString());
      if (side === 'control' && n > 0) nShared++;
    }
  }
  assert(nShared > 0);
});

/** How a map was run is noted, and is no part of what it says. */
const WORKERS = /\\"workers\\":\d,?/;

test('batches, threads and a stop between shards change nothing', async () => {
  const plan = planOf({ context: 'running' });
  const file = join(folder, 'stopped.sqlite');
  const stop = new AbortController();
  stop.signal.addEventListener('mapped', () => stop.abort());
  await assert.rejects(run(plan, {}, file, stop));
  {
    using db = openForReading(file);
    assert.equal(countMap(db, 'training').nShardsMapped, 1);
  }
  await run(plan, { batch: 3, workers: 2 }, file);
  assert.equal(dumpStudy(file).replace(WORKERS, ''), dumpStudy(runningFile).replace(WORKERS, ''));
});

test('running and exact agree where both see the same, and running sees more elsewhere', async () => {
  const exact = documentsOf(exactFile);
  const running = documentsOf(runningFile);
  let nOthers = 0;
  for (const [i, { logp }] of running.entries()) {
    const own = exact[i]!.logp;
    assert.equal(logp.length, own.length);
    assert(Math.abs(logp[0]! - own[0]!) < 1e-3, `${logp[0]}, not ${own[0]}`);
    for (const [window, one] of logp.entries()) if (Math.abs(one - own[window]!) > 0.01) nOthers++;
  }
  assert(nOthers > 5);
});

test('two maps differ by what one knows of each document and the other does not', () => {
  using first = openForReading(exactFile);
  using second = openForReading(runningFile);
  const a = { name: 'a', db: first, plan: planOf({ control: [control] }) };
  const b = { name: 'b', db: second, plan: planOf({ context: 'running' }) };
  const compared = compareMaps(a, b);
  const running = documentsOf(runningFile);
  const exact = documentsOf(exactFile).slice(0, running.length);
  const means = exact.map(({ logpPlain }, i) => {
    const differences = Array.from(logpPlain, (logp, window) => logp - running[i]!.logpPlain[window]!);
    return { n: logpPlain.length, sum: differences.reduce((sum, by) => sum + by, 0) };
  });
  const n = means.reduce((sum, one) => sum + one.n, 0);
  assert.equal(compared.nWindows, n);
  const mean = means.reduce((sum, one) => sum + one.sum, 0) / n;
  assert(Math.abs(compared.meanDifference.value - mean) < 1e-9);
  const told = [...compared.firstKnows, ...compared.secondKnows].map(({ meanDifference: by }) => by);
  assert.deepEqual(told.toSorted(), means.map((one) => one.sum / one.n).toSorted());
  assert.equal(compared.nUnpaired, 0, 'a control is no training data');
  assert.match(compared.warnings.join(), /exact context/);
  const { meanDifference, greedy, firstKnows } = compareMaps(b, b);
  assert.deepEqual([meanDifference.value, greedy.difference.high, firstKnows.length], [0, 0, 0]);
});

test('a comparison of maps names no secret of the training data', async () => {
  for (const format of ['table', 'md', 'json']) {
    const { stdout } = await cli('compare', exactFile, runningFile, '--format', format);
    assert.match(stdout, /\[secret: 40 characters\]/, format);
    assert(!stdout.includes(token), format);
  }
});

test('rows to unlearn are those that hold a region, and not all that were read', () => {
  using db = openForReading(exactFile);
  assert.deepEqual([...listExposedRows(db, null)], []);
});

test('a window beyond the context is refused, by its numbers', async () => {
  const tooLong = planOf({ prefix: 89, suffix: 8, bos: true });
  await assert.rejects(
    run(tooLong),
    (error: Error) =>
      error instanceof UserError && /need a context of 97, and the model has 96/.test(error.message),
  );
});

test('a shard that changes between the passes over it is told, and read anew by the next run', async () => {
  const own = join(folder, 'changing');
  mkdirSync(own);
  const shard = join(own, 'a.jsonl');
  const lines = rows.slice(3, 5).map((row) => `${row}\n`);
  writeFileSync(shard, lines.join(''));
  const plan = { ...planOf({ examine: 0 }), corpus: [own] };
  const file = join(folder, 'changing.sqlite');
  const request = { file, plan, upTo: 'analyse', signal: new AbortController().signal } as const;
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const changing = runStudy({
    ...{ ...request, execution },
    report: ({ stage, done }) => {
      if (stage === 'analyse' && done === 0) writeFileSync(shard, `${lines.join('')}${rows[0]}\n`);
    },
  });
  await assert.rejects(
    changing,
    (error: Error) => error instanceof UserError && /has changed/.test(error.message),
  );
  await runStudy({ ...request, execution, report: () => {} });
  const documents = documentsOf(file);
  assert.equal(documents.length, 3);
  assert(documents.every(({ copies }) => copies?.every((n) => n > 0)));
});

test('top-k 1 makes each window certain or impossible', async () => {
  const plan = planOf({ examine: 0 });
  const file = await run({ ...plan, sampling: { ...plan.sampling, topK: 1 } });
  for (const { logp, nArgmax } of documentsOf(file)) {
    for (const [window, one] of logp.entries()) assert.equal(one, nArgmax[window] === 8 ? 0 : -Infinity);
  }
});

test('an estimate counts what the map then measures, and leaves nothing behind', async () => {
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const signal = new AbortController().signal;
  const estimate = await estimateMap(planOf(), execution, signal, 50);
  const documents = documentsOf(exactFile).filter(({ side }) => side === 'training');
  const sum = (of: (document: StoredMapDocument) => number) =>
    documents.reduce((total, document) => total + of(document), 0);
  const nWindows = sum(({ logp }) => logp.length);
  assert.deepEqual(
    [estimate.nShards, estimate.nDocuments, estimate.nWindows, estimate.nTokens, estimate.nPositions],
    [2, 5, nWindows, sum(({ nTokens }) => nTokens), nWindows * (SHAPE.prefix + SHAPE.suffix - 1)],
  );
  assert(estimate.positionsPerSecond > 0 && estimate.seconds >= estimate.modelSeconds);
  assert(Math.abs(estimate.modelSeconds * estimate.positionsPerSecond - estimate.nPositions) < 1e-6);
  await assert.rejects(estimateMap(planOf({ prefix: 90 }), execution, signal, 50), /need a context of 97/);
});
