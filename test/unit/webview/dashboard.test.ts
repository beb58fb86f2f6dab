// The dashboard's answers over real study files. That it looks and works right is tested in the real workbench
// (test/e2e/dashboard.test.ts).

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { rawText } from '../../../guard/text/foreign.ts';
import {
  type Dashboard,
  type DashboardMeasures,
  type FragmentSelection,
  measureDashboard as measureMessage,
} from '../../../protocol/dashboard.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import { measureControls } from '../../../server/answers/measure-controls.ts';
import { measureStudy } from '../../../server/answers/measure-study.ts';
import { disclose } from '../../../server/answers/undisclosed.ts';
import { Cancelled } from '../../../server/errors.ts';
import { getDashboard, listDashboardFragments } from '../../../server/queries/dashboard-queries.ts';
import { repeatCommand } from '../../../server/queries/repeat-command.ts';
import { StudyReaders } from '../../../server/queries/study-readers.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedAddress, leakedToken, makeSmallStudy, type SmallStudy } from '../../support/small-study.ts';

const readers = new StudyReaders();
after(() => readers[Symbol.dispose]());
/** Asks like the server does. */
const measureDashboard = (study: string, signal: AbortSignal) =>
  readers.ask('alone', {
    method: measureMessage.method,
    params: { study },
    disclosure: 'masked',
    signal,
  }) as Promise<DashboardMeasures>;

const scratch = scratchFolder();
let study: SmallStudy;
let dashboard: Dashboard;
let measures: DashboardMeasures;
const never = new AbortController().signal;

before(async () => {
  study = await makeSmallStudy(scratch);
  dashboard = await getDashboard(study.file);
  measures = await measureDashboard(study.file, never);
});

const list = (selection: FragmentSelection, offset = 0, limit = 100) =>
  disclose(listDashboardFragments({ study: study.file, offset, limit, order: 'train', selection }), 'masked');

test('every mark lists as many fragments as it says', async () => {
  const { taxonomy, sources, licenses, nFragments } = dashboard.overview!;
  const { counts, lengths, growth } = measures;
  const marks: readonly (readonly [FragmentSelection, number])[] = [
    [{ kind: 'all' }, nFragments],
    ...counts.items.map((m) => [{ ...m, kind: 'counts' }, m.nFragments] as const),
    ...lengths.map((m) => [{ ...m, kind: 'lines' }, m.nFragments] as const),
    ...taxonomy!.categories.map((m) => [{ kind: 'category', category: m.category }, m.nFragments] as const),
    ...sources.items.map((m) => [{ kind: 'repository', repository: m.repository }, m.nFragments] as const),
    ...licenses.items.map((m) => [{ kind: 'license', license: m.license }, m.nFragments] as const),
    [{ kind: 'samples', nSamples: growth.at(-1)!.nSamples }, nFragments],
    [{ kind: 'sensitive' }, taxonomy!.nSensitive],
  ];
  assert.ok(marks.length > 12, `${marks.length} marks`);
  for (const [selection, n] of marks) {
    const { items, total } = await list(selection);
    assert.equal(total, n, rawText(JSON.stringify(selection)));
    assert.equal(items.length, n, rawText(JSON.stringify(selection)));
  }
  const sum = (all: readonly { readonly nFragments: number }[]) => all.reduce((s, m) => s + m.nFragments, 0);
  for (const parts of [counts.items, lengths, taxonomy!.categories]) assert.equal(sum(parts), nFragments);
});

test('what is shown at once is what the reports count', () => {
  using db = openForReading(study.file);
  const { samples, lines, tokens, fragments } = measureStudy(db);
  const part = ({ total, memorised }: { total: number; memorised: number }) => ({ total, memorised });
  assert.deepEqual(dashboard.overview!.samples, part(samples));
  assert.deepEqual(dashboard.overview!.lines, part(lines));
  assert.deepEqual(dashboard.overview!.tokens, tokens && part(tokens));
  assert.equal(dashboard.overview!.nFamilies, fragments.families);
  assert.equal(measures.samples.value, samples.memorised / samples.total);
  const { all, loops, byCopies, control } = measureControls(db);
  assert.equal(measures.anyway.control, control);
  assert.equal(measures.anyway.loops.samples.value, loops.samples.share.value);
  assert.deepEqual(measures.anyway.all.windows, all.windows!.share);
  assert.deepEqual(
    measures.anyway.byCopies.map(({ least, nFragments }) => [least, nFragments]),
    byCopies.map(({ least, fragments: n }) => [least, n]),
  );
});

test('measuring leaves the thread free, and ends when nobody waits for it', async () => {
  const stop = new AbortController();
  let nTurns = 0;
  const turns = setInterval(() => nTurns++, 1);
  try {
    const measuring = measureDashboard(study.file, never);
    await measuring;
    assert.ok(nTurns > 3, `${nTurns} turns`);
  } finally {
    clearInterval(turns);
  }
  const measuring = measureDashboard(study.file, stop.signal);
  stop.abort();
  await assert.rejects(measuring, Cancelled);
  await assert.rejects(measureDashboard('/nowhere.sqlite', never), /nowhere/);
});

test('measuring that fails in the moment when it is cancelled leaves the process alive', async () => {
  const stop = new AbortController();
  const measuring = measureDashboard('/nowhere.sqlite', stop.signal);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500); // The process fails, and nobody hears it yet.
  stop.abort();
  await assert.rejects(measuring, Cancelled);
  await setTimeout(200); // An error that nobody heard would end the process, and this test with it.
});

test('a mark’s fragments are those of the mark, in pages that join without a gap', async () => {
  for (const { train, extract, fingerprint } of measures.counts.items) {
    const { items } = await list({ kind: 'counts', train, extract });
    assert.equal(items[0]!.fingerprint, fingerprint);
    for (const item of items) assert.deepEqual([item.train, item.extract], [train, extract]);
  }
  const whole = await list({ kind: 'all' });
  const pages = await Promise.all(whole.items.map((_, i) => list({ kind: 'all' }, i, 1)));
  assert.deepEqual(
    pages.flatMap(({ items }) => items),
    whole.items,
  );
});

test('what is sensitive is counted, and masked wherever it would be seen', async () => {
  assert.equal(dashboard.overview!.taxonomy!.nSensitive, 1);
  const { items } = await list({ kind: 'sensitive' });
  assert.equal(items.length, 1);
  const everything = rawText(JSON.stringify([dashboard, measures, await list({ kind: 'all' })]));
  assert.ok(!everything.includes(leakedToken));
  assert.ok(!everything.includes(leakedAddress));
});

test('problems of the data come with their shard and place', async () => {
  const corpus = join(scratch, 'bad');
  writeFileSync(`${corpus}.jsonl`, '{"content":"x = 1"}\nthis is no JSON\n');
  const file = join(scratch, 'bad.sqlite');
  const plan: StudyPlan = { ...study.plan, corpus: [`${corpus}.jsonl`] };
  await runStudy({
    file,
    plan,
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
  const { problems, overview } = await getDashboard(file);
  assert.equal(problems.total, 1);
  assert.equal(problems.first[0]!.kind, 'not-json');
  assert.match(rawText(problems.first[0]!.shard), /bad\.jsonl/);
  assert.equal(problems.first[0]!.byteOffset, 20);
  assert.equal(overview!.nFragments, 0);
  assert.deepEqual((await measureDashboard(file, never)).counts, { items: [], total: 0 });
});

test('the command names every setting, quoted for a shell', () => {
  const sampling = { strategy: 'pcg', prompts: ['def a'], topP: 0.9, seed: 7 } as const;
  const plan: StudyPlan = {
    ...modelPlan("/models/it's mine", ['/data/a', 'hf://datasets/o/n@main#py'], sampling),
    columns: { content: 'code' },
  };
  const cli = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli.js');
  assert.deepEqual(repeatCommand(plan, 'mine'), {
    command:
      `node ${cli} study --model '/models/it'\\''s mine' --corpus /data/a hf://datasets/o/n@main#py ` +
      '--content-column=code --strategy pcg --prompts prompts.jsonl --samples 20000 --max-tokens 512 ' +
      '--top-k 40 --top-p 0.9 --temperature 1 --seed 7 --min-lines 6 --profile exact-1 --out mine-again.sqlite',
    nPrompts: 1,
  });
  assert.match(repeatCommand(study.plan, 'small').command!, /^node \S+ scan --samples \S+ --corpus \S+ /);
  const int8 = { ...plan, sampling: { ...plan.sampling, int8: true } };
  assert.match(repeatCommand(int8, 'x').command!, / --int8 /);
});
