// A scan, an extraction map and an index account for the same files in the same way, and none of them is whole that read nothing.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StudyPlan } from '../../../protocol/study.ts';
import { joinCounts } from '../../../server/corpus/file-tally.ts';
import { listPlaces } from '../../../server/corpus/shard.ts';
import { accountOfIndex } from '../../../server/corpus-index/index-account.ts';
import { gatherMapReport, type MapReport } from '../../../server/formats/maps/map-content.ts';
import { mapForms } from '../../../server/formats/maps/map-forms.ts';
import { gatherFiles, reportFiles } from '../../../server/formats/report-files.ts';
import { defaultMap, defaultRule } from '../../../server/plan/plan.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { summarise } from '../../../server/store/summary.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { build } from '../../support/indexed-corpus.ts';
import { modelPlan, scanPlan } from '../../support/plans.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

async function tableOf(report: MapReport): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of mapForms.table(report)) lines.push(line);
  return lines;
}

const OPTIONS = { disclosure: 'shown', baseline: null } as const;

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
const samples = join(folder, 'samples.jsonl');
writeFileSync(samples, '"none"\n');

function corpusOf(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, path, '..'), { recursive: true });
    writeFileSync(join(folder, name, path), bytes);
  }
  return join(folder, name);
}

const rows = '{"content":"a = 1\\nb = 2\\n","path":"x.py"}\n';
const png = Buffer.from('89504e470d0a1a0a0000000d', 'hex');
const corpus = corpusOf('corpus', {
  'a.jsonl': rows,
  'again.jsonl': rows,
  'broken.jsonl.gz': 'no gzip',
  'src/a.py': 'a = 1\n',
  'src/image.png': png,
  'src/hidden.log': 'x\n',
  'src/empty.py': '',
  '.gitignore': '*.log\n',
});

async function run(name: string, plan: StudyPlan) {
  const file = join(folder, `${name}.sqlite`);
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const { signal } = new AbortController();
  await runStudy({ file, plan, execution, upTo: 'analyse', signal, report() {} });
  return file;
}

const mapPlan = (places: readonly string[]): StudyPlan => ({
  ...modelPlan(model, places),
  source: { kind: 'map', model },
  map: { ...defaultMap, prefix: 4, suffix: 4, stride: 4 },
});

const summaryOf = async (file: string) => {
  using db = openForReading(file);
  const files = reportFiles(await gatherFiles(db, 'masked'), summarise(db, file, false), 'csv');
  return { ...summarise(db, file, false), files: [...files] };
};

test('the sums are the same, and every file that was not searched is listed', async () => {
  const scanned = await summaryOf(await run('scan', scanPlan(samples, [corpus])));
  const mapFile = await run('map', mapPlan([corpus]));
  const mapped = await summaryOf(mapFile);
  const passedOver = { duplicate: 1, empty: 1, ignored: 1, picture: 1, rules: 1 };
  const { account } = scanned;
  assert.deepEqual(
    [account?.nFiles, account?.nSearched, account?.nPassedOver, account?.nProblems, account?.nPending],
    [8, 2, 5, 1, 0],
  );
  assert.deepEqual(
    Object.fromEntries(account!.passedOver.map(({ reason, nFiles }) => [reason, nFiles])),
    passedOver,
  );
  assert.deepEqual(mapped.account, account);
  assert.deepEqual([mapped.columnsRead, mapped.files], [scanned.columnsRead, scanned.files]);
  assert.equal(scanned.files.length, 1 + 5 + 1);
  using db = openForReading(mapFile);
  const report = await gatherMapReport(db, summarise(db, mapFile, false), OPTIONS);
  const table = (await tableOf(report)).join('\n');
  assert.match(table, /^Files {5}8 files: 2 searched, 5 passed over: .*; 1 problem$/m);
  assert.match(table, /^Columns {3}text in content, path in path \(1 file\)$/m);

  const index = join(folder, 'index');
  const outcome = await build(index, [corpus], defaultRule);
  const { passed } = listPlaces([corpus]);
  const told = accountOfIndex(index, new Set(outcome.paths), joinCounts([passed, outcome.passed]));
  const sorted = (all: typeof account) =>
    all && { ...all, passedOver: all.passedOver.toSorted((a, b) => (a.reason < b.reason ? -1 : 1)) };
  assert.deepEqual(sorted(told.account), sorted(account));
  assert.deepEqual([told.columnsRead, told.nRows], [scanned.columnsRead, 2]);
});

test('a map of nothing is partial, and says that nothing was searched', async () => {
  const file = await run('nothing', mapPlan([corpusOf('pictures', { 'a.png': png })]));
  const { state, nDocuments, account } = await summaryOf(file);
  assert.deepEqual([state, nDocuments, account?.nPassedOver], ['partial', 0, 1]);
  using db = openForReading(file);
  const report = await gatherMapReport(db, summarise(db, file, false), OPTIONS);
  assert.match((await tableOf(report)).at(-1)!, /Nothing was searched/);
});
