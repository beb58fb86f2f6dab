// Answers from study files: measures, comparison, labels, training rows and baselines, on a small study whose
// numbers can be counted by hand.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  compareFragments,
  compareStudies,
  type StudyToCompare,
} from '../../../server/answers/compare-studies.ts';
import { describeFragments } from '../../../server/answers/describe-fragments.ts';
import { drawLabelSample, reportLabels } from '../../../server/answers/labelling.ts';
import { measureStudy } from '../../../server/answers/measure-study.ts';
import { findInSamples, listFindings } from '../../../server/answers/sensitive-findings.ts';
import { countUnlistedPlaces, listTrainingRows } from '../../../server/answers/training-rows.ts';
import { createProgram } from '../../../server/cli/program.ts';
import { UserError } from '../../../server/errors.ts';
import { readBaseline } from '../../../server/formats/baseline-file.ts';
import { readLabelLines } from '../../../server/formats/label-lines.ts';
import { putLabels } from '../../../server/store/labels-table.ts';
import { type Database, openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { leakedAddress, leakedToken, makeSmallStudy } from '../../support/small-study.ts';

let folder: string;
let file: string;
let db: Database;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verbatim-answers-'));
  ({ file } = await makeSmallStudy(folder));
  db = openForReading(file);
});
after(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const fingerprintOf = (of: Database, firstLine: string) =>
  String(
    of.prepare("SELECT fingerprint FROM fragments WHERE CAST(text AS TEXT) LIKE ? || '%'").get(firstLine)
      ?.fingerprint,
  );

test('measures are what can be counted by hand', () => {
  const { samples, lines, tokens, fragments, byLength } = measureStudy(db);
  assert.deepEqual([samples.memorised, samples.total, tokens], [5, 6, null]);
  // Licence 6 (twice), logic 8 and its first 6, tests 6, the leak 8.
  assert.equal(lines.memorised, 6 + 6 + 8 + 6 + 6 + 8);
  assert.deepEqual([fragments.count.value, fragments.families], [5, 4]);
  assert.equal(
    byLength.reduce((sum, bin) => sum + bin.fragments, 0),
    5,
  );
  assert.equal(
    byLength.reduce((sum, bin) => sum + bin.extract, 0),
    fragments.extract,
  );
});

test('a study of no samples is measured without dividing by nothing', () => {
  const path = join(folder, 'empty.sqlite');
  copyFileSync(file, path);
  using empty = openForWriting(path);
  for (const table of ['samples', 'sample_metrics', 'fragments', 'memorised_ranges'])
    empty.exec(`DELETE FROM ${table}`);
  const measures = measureStudy(empty);
  assert(!JSON.stringify(measures).includes('null,"low"'), JSON.stringify(measures));
  assert.deepEqual([measures.samples.share.value, measures.unseen.goodTuringCoverage], [0, null]);
});

test('sensitive findings name the training line that confirms them', async () => {
  const facts = await describeFragments(db);
  const findings = [...listFindings(db, facts, 'exact-1', 'shown')];
  assert.deepEqual(
    findings.map(({ value, line, confirmedBy }) => [value, line, confirmedBy?.path, confirmedBy?.firstLine]),
    [
      [leakedAddress, 2, 'ops/connect.py', 2],
      [leakedToken, 3, 'ops/connect.py', 3],
    ],
  );
  for (const { confirmedBy } of listFindings(db, facts, 'text-1', 'shown')) assert.equal(confirmedBy, null);
  const inSamples = await findInSamples(db, 'masked');
  assert.deepEqual(
    inSamples.map(({ sample, line, memorised }) => [sample, line, memorised]),
    [
      [4, 3, true],
      [4, 4, true],
    ],
  );
});

function without(path: string, firstLine: string): void {
  copyFileSync(file, path);
  using other = openForWriting(path);
  const { fragment_id: id } = other
    .prepare('SELECT fragment_id FROM fragments WHERE fingerprint = ?')
    .get(fingerprintOf(other, firstLine))!;
  const { sample_id: sample } = other
    .prepare('SELECT sample_id FROM sample_occurrences WHERE fragment_id = ?')
    .get(id!)!;
  other.prepare('DELETE FROM fragments WHERE fragment_id = ?').run(id!);
  other.prepare('UPDATE sample_metrics SET n_memorised_lines = 0 WHERE sample_id = ?').run(sample!);
}

test('a comparison counts what is in one, in the other and in both', () => {
  const path = join(folder, 'other.sqlite');
  without(path, 'def test_total');
  using other = openForReading(path);
  const of = (name: string, study: Database): StudyToCompare => ({
    name,
    db: study,
    plan: readStudy(study)!.plan,
  });
  const { shared, pairs, warnings } = compareStudies([of('a', db), of('b', other)]);
  assert.deepEqual(shared, [
    { studies: ['a'], fragments: 1 },
    { studies: ['b'], fragments: 0 },
    { studies: ['a', 'b'], fragments: 4 },
  ]);
  const [pair] = pairs;
  assert(Math.abs(pair!.samples.value - 1 / 6) < 1e-12);
  assert.equal(pair!.samples.pValue, 1, 'five and four of six do not differ by more than chance');
  assert(Math.abs(pair!.lines.value - 6 / 51) < 1e-12);
  assert.deepEqual(warnings, []);
  const same = compareStudies([of('a', db), of('b', db), of('c', db)]);
  assert.deepEqual(same.shared, [{ studies: ['a', 'b', 'c'], fragments: 5 }]);
  assert.equal(same.pairs.length, 3);
  const fragments = compareFragments([of('a', db), of('b', other)]);
  assert.deepEqual(fragments.at(-1)?.studies, ['a']);
});

test('a comparison of unlike studies says what is unlike', () => {
  const plan = readStudy(db)!.plan;
  const { warnings } = compareStudies([
    { name: 'a', db, plan },
    { name: 'b', db, plan: { ...plan, rule: { minLines: 3, profile: 'text-1' }, corpus: ['/other'] } },
  ]);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0]!, /rules differ/);
  const sampled = { ...plan, source: { kind: 'model', model: '/m' } as const };
  const longer = { ...sampled, sampling: { ...plan.sampling, maxTokens: 9, seed: 1 } };
  const lengths = compareStudies([
    { name: 'a', db, plan: sampled },
    { name: 'b', db, plan: longer },
  ]);
  assert.equal(lengths.warnings.length, 1);
  assert.match(lengths.warnings[0]!, /different lengths/);
});

test('a label sample depends on its seed alone, and labels are judged by agreement', async () => {
  const draw = { size: 3, seed: 1, from: 'fragments' } as const;
  assert.deepEqual(drawLabelSample(db, draw), drawLabelSample(db, draw));
  assert.equal(drawLabelSample(db, { ...draw, size: 384 }).length, 5);
  const family = db.prepare('SELECT family FROM fragments WHERE fragment_id = ?');
  const families = drawLabelSample(db, { size: 384, seed: 0, from: 'families' }).map(
    (id) => family.get(id)!.family,
  );
  assert.equal(new Set(families).size, families.length);
  assert.equal(families.length, db.prepare('SELECT count(DISTINCT family) AS n FROM fragments').get()!.n);
  const path = join(folder, 'labelled.sqlite');
  copyFileSync(file, path);
  using study = openForWriting(path);
  const license = fingerprintOf(study, '# Permission');
  const tests = fingerprintOf(study, 'def test_total');
  const leak = fingerprintOf(study, 'def connect');
  const by = (annotator: string, labels: Record<string, string>) =>
    Object.entries(labels).map(([fingerprint, label]) => ({ fingerprint, annotator, label, note: '' }));
  putLabels(study, by('ann', { [license]: 'logic' }));
  putLabels(study, by('ann', { [license]: 'license', [tests]: 'tests', [leak]: 'configuration' }));
  putLabels(study, by('bob', { [license]: 'license', [tests]: 'logic', [leak]: 'configuration' }));
  const report = reportLabels(study, await describeFragments(study));
  assert.deepEqual(report.annotators, [
    { annotator: 'ann', labels: 3 },
    { annotator: 'bob', labels: 3 },
  ]);
  const [pair] = report.agreement;
  // Two of three agree; by chance 1/9 (license) + 0 (tests) + 1/9 (configuration) would.
  assert(Math.abs(pair!.kappa!.value - (2 / 3 - 2 / 9) / (1 - 2 / 9)) < 1e-12);
  assert.deepEqual(report.disputed, [tests]);
  assert.deepEqual(
    report.precision.map(({ label, n, precision }) => [label, n, precision.value]),
    [
      ['license', 1, 1],
      ['logic', 1, 0],
    ],
  );
});

test('labels that are none are refused by line', () => {
  const path = join(folder, 'labels.jsonl');
  const fingerprint = 'a'.repeat(32);
  const refuses = (line: unknown, annotator: string | undefined, message: RegExp) => {
    writeFileSync(path, `\n${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    assert.throws(
      () => readLabelLines(path, annotator),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  };
  refuses('{', 'ann', /labels\.jsonl:2 is no JSON/);
  refuses({ fingerprint: 'x', label: 'logic' }, 'ann', /fingerprint/);
  refuses({ fingerprint, label: 'poetry' }, 'ann', /poetry/);
  refuses({ fingerprint, label: 'logic' }, undefined, /who labelled/);
  writeFileSync(path, `${JSON.stringify({ fingerprint, label: '' })}\n`);
  assert.deepEqual(readLabelLines(path, 'ann'), [], 'what is not filled in is passed over');
});

test('training rows are all that hold a match, or those with a chosen fragment', () => {
  const rows = [...listTrainingRows(db, null)];
  assert.deepEqual(
    rows.map(({ shard, row, repo_name, path }) => [shard, row, repo_name, path]),
    [
      ['shard-0.jsonl', 0, 'a/shop', 'shop/total.py'],
      ['shard-0.jsonl', 1, 'b/fork', 'total.py'],
      ['shard-1.jsonl', 0, 'c/ops', 'ops/connect.py'],
    ],
  );
  const chosen = new Set([fingerprintOf(db, 'def test_total')]);
  assert.deepEqual(
    [...listTrainingRows(db, chosen)].map(({ path, fragments }) => [path, fragments]),
    [['total.py', [...chosen]]],
  );
  assert.equal(countUnlistedPlaces(db, chosen), 0);
});

test('places beyond the cap are said to be missing from the rows', () => {
  const path = join(folder, 'capped.sqlite');
  copyFileSync(file, path);
  using capped = openForWriting(path);
  capped.exec('UPDATE fragments SET train = train + 7');
  assert.equal(countUnlistedPlaces(capped, new Set([fingerprintOf(capped, 'def connect')])), 7);
});

async function verbatim(...words: string[]): Promise<number> {
  const before = process.exitCode;
  process.exitCode = 0;
  const { write } = process.stdout;
  process.stdout.write = (() => true) as typeof write;
  try {
    const program = await createProgram(words[0]);
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode);
  } finally {
    process.stdout.write = write;
    process.exitCode = before ?? 0;
  }
}

test('a baseline accepts what is there, and a report fails on what is not in it', async () => {
  const baseline = join(folder, '.verbatim-baseline.json');
  const report = () => verbatim('report', file, '--baseline', baseline, '--fail-on-new');
  const known = fingerprintOf(db, 'def connect');
  await verbatim('baseline', file, '--file', baseline, '--fragment', known, '--reason', 'ours');
  assert.deepEqual([...readBaseline(baseline).accepted], [[known, 'ours']]);
  assert.equal(await report(), 4);
  await verbatim('baseline', file, '--file', baseline);
  assert.equal(readBaseline(baseline).accepted.get(known), 'ours', 'an earlier reason stays');
  assert.equal(await report(), 0);
  const written = readFileSync(baseline, 'utf8').split('\n').slice(3, 8);
  assert.deepEqual(written, [...written].sort());
  writeFileSync(baseline, '{"version": 2}');
  await assert.rejects(report(), UserError);
});
