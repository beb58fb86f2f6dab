// What would match anyway: a control against a scan of its own, samples that only repeat themselves, and fragments by how
// often the training data holds them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { rawText } from '../../../guard/text/foreign.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import type { FragmentFilter } from '../../../protocol/views.ts';
import { isLoop } from '../../../server/analysis/repetition.ts';
import { measureControls } from '../../../server/answers/measure-controls.ts';
import { measureStudy } from '../../../server/answers/measure-study.ts';
import { readControl } from '../../../server/store/control-table.ts';
import { listGroups } from '../../../server/store/fragment-groups.ts';
import { viewFragments } from '../../../server/store/fragment-views.ts';
import { readSampleRows } from '../../../server/store/metrics-table.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { cli } from '../../support/cli.ts';
import { dumpStudy } from '../../support/dump-study.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const block = (name: string, n = 8) =>
  `${Array.from({ length: n }, (_, i) => `${name} ${i} = f(${i * 7})`).join('\n')}\n`;
const header = block('header');
const corpusTexts = [
  ...Array.from({ length: 12 }, (_, i) => `${header}${block(`own${i}`)}`),
  `${block('rare')}${block('other')}`,
  block('whole', 9),
];
const rows = (texts: readonly string[]) =>
  texts.map((content) => `${JSON.stringify({ content })}\n`).join('');
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
writeFileSync(join(corpus, 'a.jsonl'), rows(corpusTexts.slice(0, 7)));
writeFileSync(join(corpus, 'b.jsonl'), rows(corpusTexts.slice(7)));
const samplesFile = join(folder, 'samples.jsonl');
const sampleTexts = [
  `${header}${block('new')}`,
  `${block('rare')}${block('new')}`,
  block('new', 20),
  'x = 1\ny = 2\n'.repeat(40),
  // Two matches that touch: the windows across their joint stand nowhere.
  `${block('own3')}${block('own5')}`,
];
writeFileSync(samplesFile, sampleTexts.map((text) => `${JSON.stringify(text)}\n`).join(''));
/** What people repeat, what nobody wrote, what is no control, and what only begins behind a sample's length. */
const controlTexts = [
  `${header}${block('mine')}`,
  block('novel', 30),
  block('whole', 9),
  `${block('long', 40)}${header}`,
];
const control = join(folder, 'control.jsonl');
writeFileSync(control, rows(controlTexts));

async function run(plan: StudyPlan, file: string, signal = new AbortController().signal): Promise<string> {
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  await runStudy({ file, plan, execution, upTo: 'analyse', signal, report: () => {} });
  return file;
}

const plan: StudyPlan = { ...scanPlan(samplesFile, [corpus]), control: [control] };
const file = await run(plan, join(folder, 'study.sqlite'));

test('a control has the rates that a scan of it has, cut to the samples’ lengths', async () => {
  const cut = controlTexts.map((text, i) => Buffer.from(text).subarray(0, sampleTexts[i]!.length).toString());
  const cutFile = join(folder, 'cut.jsonl');
  writeFileSync(cutFile, cut.map((text) => `${JSON.stringify(text)}\n`).join(''));
  using db = openForReading(file);
  using alone = openForReading(await run(scanPlan(cutFile, [corpus]), join(folder, 'cut.sqlite')));
  const counts = (all: readonly { readonly nLines: number; readonly nMemorisedLines: number }[]) =>
    all.map(({ nLines, nMemorisedLines }) => `${nMemorisedLines} of ${nLines}`).toSorted();
  assert.deepEqual(counts(readControl(db)!), counts(readSampleRows(alone)));
  assert.deepEqual(counts(readControl(db)!), ['0 of 30', '0 of 15', '8 of 16', '9 of 9'].toSorted());
  const { control: measured } = measureControls(db);
  const own = measureStudy(db);
  assert.deepEqual([measured!.nDocuments, measured!.nWhole], [4, 1]);
  assert.deepEqual(measured!.samples.memorised, 2);
  const difference = own.samples.share.value - measured!.samples.share.value;
  assert.equal(measured!.excess.samples.value, difference);
  const lines = own.lines.share.value - measured!.lines.share.value;
  assert(Math.abs(measured!.excess.lines.value - lines) < 1e-12);
  assert(measured!.excess.lines.low <= lines && lines <= measured!.excess.lines.high);
});

test('windows of six lines are counted as the definition has them', () => {
  const significant = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const windowsOf = (text: string) =>
    significant(text).flatMap((_, i, lines) =>
      i + 6 <= lines.length ? [lines.slice(i, i + 6).join('\n')] : [],
    );
  const known = new Set(corpusTexts.flatMap(windowsOf));
  const expected = (texts: readonly string[]) =>
    texts
      .map(windowsOf)
      .map((all) => `${all.filter((window) => known.has(window)).length} of ${all.length}`)
      .toSorted();
  const counts = (
    all: readonly { readonly nWindows: number | null; readonly nMemorisedWindows: number | null }[],
  ) => all.map(({ nWindows, nMemorisedWindows }) => `${nMemorisedWindows} of ${nWindows}`).toSorted();
  using db = openForReading(file);
  assert.deepEqual(counts(readSampleRows(db)), expected(sampleTexts));
  const cut = controlTexts.map((text, i) => text.slice(0, sampleTexts[i]!.length));
  assert.deepEqual(counts(readControl(db)!), expected(cut));
  const { all, control: measured } = measureControls(db);
  const share = (texts: readonly string[]) => {
    const windows = texts.flatMap(windowsOf);
    return windows.filter((window) => known.has(window)).length / windows.length;
  };
  assert.equal(all.windows!.share.value, share(sampleTexts));
  assert.equal(measured!.windows!.share.value, share(cut));
  const { value, low, high } = measured!.excess.windows!;
  assert.equal(value, share(sampleTexts) - share(cut));
  assert(low < value && value < high);
});

test('the control changes nothing of the study, and is made once', async () => {
  const without = await run(scanPlan(samplesFile, [corpus]), join(folder, 'without.sqlite'));
  using a = openForReading(file);
  using b = openForReading(without);
  assert.deepEqual(readSampleRows(a), readSampleRows(b));
  const before = dumpStudy(file);
  await run(plan, file);
  assert.equal(dumpStudy(file), before);
  assert.equal(readControl(b), null);
});

test('every report tells the control, its overlap, and what the rates are without loops', async () => {
  const table = await cli('report', file);
  assert.match(table.stdout, /control \(4 documents\) +50\.0 %/);
  assert.match(table.stdout, /all lines of 1 of its 4 documents stand there/);
  assert.match(table.stdout, /without 1 sample that only repeats itself +75\.0 %/);
  assert.match(table.stdout, /^rates +of samples +of lines +of windows$/m);
  const { controls, samples, fragments } = JSON.parse((await cli('report', file, '--format', 'json')).stdout);
  assert.deepEqual(
    samples.map(({ loop }: { readonly loop: boolean }) => loop),
    sampleTexts.map((_, i) => i === 3),
  );
  assert(fragments.every(({ onlyInLoops }: { readonly onlyInLoops: boolean }) => !onlyInLoops));
  assert.deepEqual(
    controls.byCopies.map(({ name }: { readonly name: string }) => name),
    ['1', '10–99'],
  );
});

test('fragments by copies are counted with the samples that hold them', () => {
  using db = openForReading(file);
  const groups = measureControls(db).byCopies.map(({ name, fragments, samples }) => [
    name,
    fragments,
    samples.memorised,
  ]);
  assert.deepEqual(groups, [
    ['1', 3, 2],
    ['10–99', 1, 1],
  ]);
});

test('a fragment that only loops hold is marked, listed and left out', async () => {
  const repeated = `${block('rare')}`.repeat(4);
  const texts = [repeated, `${header}${block('new')}`, `${block('own1')}${header}`];
  const samples = join(folder, 'with-loop.jsonl');
  writeFileSync(samples, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  const study = await run(scanPlan(samples, [corpus]), join(folder, 'with-loop.sqlite'));
  using db = openForReading(study);
  const view = (filter: FragmentFilter) =>
    viewFragments(db, {
      ...{
        filter,
        offset: 0,
        limit: 100,
        grouping: 'flat',
        group: null,
        order: 'train',
        accepted: new Set(),
      },
    }).items;
  const all = view({});
  assert.deepEqual(
    all.map(({ firstLine, isOnlyInLoops }) => [rawText(firstLine).split(' ')[0], isOnlyInLoops]).toSorted(),
    [
      ['header', false],
      ['own1', false],
      ['rare', true],
    ],
  );
  assert.deepEqual(
    view({ loops: 'only' }),
    all.filter(({ isOnlyInLoops }) => isOnlyInLoops),
  );
  assert.deepEqual(
    view({ loops: 'without' }),
    all.filter(({ isOnlyInLoops }) => !isOnlyInLoops),
  );
  const groups = listGroups(db, 'sample', {}, new Set(), { offset: 0, limit: 10 }).items;
  assert.deepEqual(groups.map(({ name, isLoop }) => [rawText(name), isLoop ?? false]).toSorted(), [
    ['0', true],
    ['1', false],
    ['2', false],
  ]);
  const csv = (await cli('report', study, '--format', 'csv')).stdout;
  assert.match(csv, /,only_in_loops\n/);
  assert.deepEqual(csv.match(/(?<=",)\w+$/gm)!.toSorted(), ['false', 'false', 'true']);
  assert.match((await cli('report', study)).stdout, /\[only in loops\]/);
});

test('a text is a loop where one block of lines comes again and again, and nowhere else', () => {
  const is = (text: string) => isLoop(Buffer.from(text), deflateSync(text, { level: 6 }).length, () => text);
  assert(!is('') && !is(block('a', 40)) && !is('a = 1\nb = 2\na = 1\nb = 2\n'));
  // Deflated to as much as it was: that tells nothing.
  const repeats = (lines: readonly string[]) => {
    const text = lines.join('\n');
    return isLoop(Buffer.from(text), text.length, () => text);
  };
  const lines = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,12} = [0-9]{6,12}$/), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(lines, lines, fc.integer({ min: 3, max: 6 }), (some, others, times) => {
      const loop = Array.from({ length: times }, () => some).flat();
      const before = others.slice(0, Math.min(others.length, loop.length));
      assert(repeats([...before, ...loop]));
      assert(!repeats([...new Set([...some, ...others])]));
    }),
  );
});
