// The published study's layout both ways, and each known mistake of its scripts (docs/published-study.md).

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy } from '../../../server/formats/published/import-study.ts';
import { formatRunName, parseRunName } from '../../../server/formats/published/layout.ts';
import { mergeText } from '../../../server/formats/published/merged-text.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { preparePlan } from '../../../server/sampling/prepare-plan.ts';
import { type Database, openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { summarise } from '../../../server/store/summary.ts';
import { ImportAhead } from '../../../server/study/import-ahead.ts';
import { keepImportedStudy } from '../../../server/study/keep-imported-study.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedToken, makeSmallStudy } from '../../support/small-study.ts';

const RUN = 'codeparrot/codeparrot-small-temp0.5-len512-k40';
const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const C = 'c'.repeat(32);

/** Six lines that no other `name` has. */
const lines = (name: string) => Array.from({ length: 6 }, (_, i) => `${name} ${i}`);

interface Place {
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

const block = (fingerprint: string, places: readonly Place[], nLines = 6) =>
  [
    `Found ${nLines} duplicate lines with fingerprint ${fingerprint} in the following files:`,
    ...places.map(({ path, first, last }) => ` Between lines ${first} and ${last} in ${path}`),
  ].join('\n');

/** A published run of three outputs: `one` in the first and the last, `two` in the second. */
function publishedRun(logs: Readonly<Record<string, string>>, outputs?: readonly string[]): string {
  const root = scratchFolder();
  const texts = outputs ?? [
    [...lines('one'), '', 'tail'].join('\n'),
    ['head', ...lines('two')].join('\n'),
    ['head', '', '', ...lines('one')].join('\n'),
  ];
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  let all = '';
  let line = 0;
  const map: Record<string, unknown> = {};
  for (const [i, text] of texts.entries()) {
    write(`extract/results/${RUN}/seperate/${i + 1}`, text);
    const merged = text.split('\n').filter(Boolean).join('\n');
    all += `${merged}\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`;
    const length = merged.split('\n').length + 1;
    map[i + 1] = { md5: '0'.repeat(32), start: line + 1, end: line + length };
    line += length;
  }
  write(`extract/results/${RUN}/all`, all);
  write(`extract/results/${RUN}/map.json`, JSON.stringify(map));
  for (const [name, text] of Object.entries(logs)) write(`log/save/${RUN}/${name}`, text);
  return root;
}

const ALL = `/home/them/extract/results/${RUN}/all`;
const inFirst: Place = { path: ALL, first: 1, last: 6 };
const inSecond: Place = { path: ALL, first: 10, last: 15 };
const inLast: Place = { path: ALL, first: 18, last: 23 };
const train = (shard: number | string, first: number): Place => ({
  path: `/home/them/clone/save/codeparrot/codeparrot-clean-train/${shard}`,
  first,
  last: first + 5,
});

const imported = async (root: string) => {
  const { fragments } = await importStudy(root, undefined);
  return new Map(Array.from(fragments, (fragment) => [fragment.fingerprint, fragment]));
};

test('mistake: extract was summed once per shard', async () => {
  const root = publishedRun({
    '0.log': block(A, [inFirst, inLast, train(0, 100)]),
    '1.log': block(A, [inFirst, inLast, train(1, 7), train(1, 900)]),
  });
  const fragment = (await imported(root)).get(A)!;
  assert.deepEqual([fragment.extract, fragment.train, fragment.nSamples], [2, 3, 2]);
});

test('mistake: the last block of every log was lost', async () => {
  const root = publishedRun({
    '0.log': `${block(A, [inFirst, train(0, 1)])}\n${block(B, [inSecond, train(0, 50)])}`,
  });
  assert.deepEqual([...(await imported(root)).keys()].sort(), [A, B]);
});

test('mistake: sides were told apart by a substring of the path', async () => {
  // "all" and "extract" stand in the training files' paths, and a training file's name begins with "all".
  const misleading = { path: '/data/extract/all/train/small-0', first: 1, last: 6 };
  const alike = { path: '/data/all-shards/allegro', first: 9, last: 14 };
  const root = publishedRun({
    '0.log': [
      block(A, [inFirst, misleading]),
      block(B, [misleading, alike]),
      block(C, [inSecond, inLast]),
    ].join('\n'),
  });
  const found = await imported(root);
  assert.deepEqual([...found.keys()], [A], 'B lies only in training files, C only in outputs');
  assert.deepEqual([found.get(A)!.extract, found.get(A)!.train], [1, 1]);
});

test('mistake: what one chunk of outputs found was counted again in the next', async () => {
  const root = publishedRun({
    '1-2/0.log': block(A, [inFirst, train(0, 100)]),
    '3-3/0.log': block(A, [inLast, train(0, 100)]),
  });
  const fragment = (await imported(root)).get(A)!;
  assert.deepEqual([fragment.extract, fragment.train], [2, 1]);
});

test('mistake: the first and the last output were never analysed', async () => {
  const root = publishedRun({ '0.log': block(A, [inFirst, inLast, train(0, 1)]) });
  const study = await importStudy(root, undefined);
  assert.deepEqual(
    study.samples.map(({ sampleId }) => sampleId),
    [1, 2, 3],
  );
  assert.deepEqual(
    study.covered.map(({ sampleId, firstLine, lastLine, nLines }) => [sampleId, firstLine, lastLine, nLines]),
    [
      [1, 1, 6, 6],
      [3, 4, 9, 6],
    ],
  );
});

test('mistake: rows past the last full 100,000 were dropped', async () => {
  const folder = scratchFolder();
  const content = lines('last').join('\n');
  const rows = `${'{"content":"x"}\n'.repeat(100_000)}${JSON.stringify({ repo_name: 'r', path: 'p', content })}\n`;
  writeFileSync(join(folder, 'shard.jsonl'), rows);
  writeFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(content)}\n`);
  const file = join(folder, 's.sqlite');
  const summary = await runStudy({
    file,
    plan: scanPlan(join(folder, 'samples.jsonl'), [join(folder, 'shard.jsonl')]),
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
  assert.deepEqual([summary.nDocuments, summary.nFragments], [100_001, 1]);
  using db = openForReading(file);
  assert.equal(db.prepare('SELECT row FROM documents').get()?.row, 100_000);
});

test('mistake: provenance was thrown away', async () => {
  const { db, again } = await roundTrip();
  const places = (of: Database) =>
    of
      .prepare(
        `SELECT f.fingerprint, o.ordinal, s.name, d.row, d.repository, d.path, d.license, o.first_line, o.last_line
         FROM train_occurrences o JOIN documents d USING (document_id) JOIN shards s USING (shard_id)
         JOIN fragments f USING (fragment_id) ORDER BY 1, 2`,
      )
      .all();
  assert(places(db).length > 0);
  assert.deepEqual(places(again), places(db));
});

test('mistake: a temperature of at most 1 was never passed on', async () => {
  assert.equal((await importStudy(publishedRun({}), undefined)).plan.sampling.temperature, 0.5);
  assert.equal(
    parseRunName(formatRunName({ model: 'm', temperature: 0.5, maxTokens: 9, topK: 1, strategy: null }))
      ?.temperature,
    0.5,
  );
  const checkpoint = await openCheckpoint(join(import.meta.dirname, '../../../media/demo-model'));
  for (const temperature of [0.5, 1]) {
    const { schedule } = await preparePlan(checkpoint, { ...defaultSampling, maxTokens: 16, temperature });
    assert.deepEqual(schedule, { kind: 'constant', temperature });
  }
});

async function roundTrip() {
  const folder = scratchFolder();
  const { file } = await makeSmallStudy(folder);
  const db = openForReading(file);
  await exportStudy(db, join(folder, 'published'), 'shown');
  const copy = join(folder, 'copy.sqlite');
  // Small as it is, another thread reads and measures it.
  await using ahead = new ImportAhead(undefined, 0);
  await keepImportedStudy(copy, await importStudy(join(folder, 'published'), undefined, ahead), ahead);
  const again = openForReading(copy);
  return { folder, file, copy, db, again };
}

test('a study comes back from the published layout as it went', async () => {
  const { file, copy, db, again, folder } = await roundTrip();
  const facts = (of: Database, path: string) => {
    const { nFragments, nMemorisedSamples, plan, nSamples, nShardsScanned } = summarise(of, path, false);
    return { nFragments, nMemorisedSamples, plan, nSamples, nShardsScanned };
  };
  assert.deepEqual(facts(again, copy), facts(db, file));
  const shift = 1; // outputs are numbered from 1
  const table = (of: Database, sql: string) =>
    of
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  const fragments =
    'SELECT fragment_id, fingerprint, n_lines, text, train, n_documents, n_repositories, extract, n_samples, clipped, family FROM fragments ORDER BY 1';
  assert.deepEqual(table(again, fragments), table(db, fragments));
  const shifted = (sql: string) => [
    table(again, sql.replace('SHIFT', '0')),
    table(db, sql.replace('SHIFT', String(shift))),
  ];
  for (const sql of [
    'SELECT sample_id + SHIFT, text FROM samples ORDER BY 1',
    'SELECT fragment_id, ordinal, sample_id + SHIFT, first_line, last_line FROM sample_occurrences ORDER BY 1, 2',
    'SELECT sample_id + SHIFT, ordinal, n_lines, first_line, last_line, byte_offset, n_bytes FROM memorised_ranges ORDER BY 1, 2',
    'SELECT sample_id + SHIFT, n_lines, n_memorised_lines, zlib_bytes FROM sample_metrics ORDER BY 1',
  ]) {
    const [actual, expected] = shifted(sql);
    assert.deepEqual(actual, expected, sql);
  }
  // Once more, and nothing drifts.
  await exportStudy(again, join(folder, 'twice'), 'shown');
  const all = (name: string) =>
    readFileSync(join(folder, name, 'extract/results/samples-temp1.0-len512-k40/all'), 'utf8');
  assert.equal(all('twice'), all('published'));
});

test('every place in an exported log shows its fragment’s lines, and the sums are those of the study', async () => {
  const { folder, db } = await roundTrip();
  const logs = join(folder, 'published/log/save/samples-temp1.0-len512-k40');
  const stats = JSON.parse(readFileSync(join(logs, 'stats/memorization.json'), 'utf8'));
  const rows = db.prepare('SELECT * FROM fragments').all();
  assert.equal(Object.keys(stats).length, rows.length);
  const files = new Map<string, string[]>();
  const fileLines = (path: string) => {
    if (!files.has(path)) files.set(path, readFileSync(path, 'utf8').split('\n'));
    return files.get(path)!;
  };
  for (const row of rows) {
    const key = String(row.fingerprint);
    assert.deepEqual(stats[key], { train: row.train, extract: row.extract, len: row.n_lines });
    const text = new TextDecoder().decode(row.text as Uint8Array);
    const places = ['0.log', '1.log']
      .flatMap((name) => readFileSync(join(logs, name), 'utf8').split(/^(?=Found)/m))
      .filter((part) => part.includes(key))
      .flatMap((part) => [...part.matchAll(/Between lines (\d+) and (\d+) in (.+)/g)]);
    assert(places.length >= Number(row.train));
    for (const [, first, last, path] of places) {
      const shown = fileLines(path!).slice(Number(first) - 1, Number(last));
      assert.equal(shown.map((line) => line.trim()).join('\n'), text);
    }
  }
  const texts = readFileSync(join(logs, 'analyze/all.txt'), 'utf8');
  const pattern = />>>>>>>>>>fingerprints (\w+) >>>>>>>>>>>>>(.*?)<<<<<<<<<<fingerprints \1 <<<<<<<<<</gs;
  assert.equal([...texts.matchAll(pattern)].length, rows.length);
  const prompts = Object.values(
    JSON.parse(readFileSync(join(logs, 'analyze/extract_prompt.json'), 'utf8')),
  ) as { occurrence: number }[];
  assert.deepEqual(
    prompts.map((p) => p.occurrence),
    prompts.map((p) => p.occurrence).sort((a, b) => b - a),
  );
});

test('a run whose logs are gone is imported from its statistics', async () => {
  const text = lines('one').join('\n');
  const root = publishedRun({
    'stats/memorization.json': JSON.stringify({ [A]: { train: 3289, extract: 330, len: 6 } }),
    'analyze/all.txt': `>>>>>>>>>>fingerprints ${A} >>>>>>>>>>>>>\n${text}\n++++fingerprints ${A} ++++\nother\n<<<<<<<<<<fingerprints ${A} <<<<<<<<<<\n\n\n`,
  });
  const { train, extract, nLines, text: kept } = (await imported(root)).get(A)!;
  assert.deepEqual([train, extract, nLines], [3289, 330, 6]);
  const { places } = await importStudy(root, undefined);
  places.sample_occurrences.visit(() => assert.fail('nobody knows its places'));
  assert.equal(Buffer.from(kept).toString(), text);
});

test('an export is masked unless asked for, and its line numbers still hold', async () => {
  const folder = scratchFolder();
  const { file } = await makeSmallStudy(folder);
  using db = openForReading(file);
  const { results, logs } = await exportStudy(db, join(folder, 'masked'), 'masked');
  for (const path of [join(results, 'all'), join(results, 'seperate/5'), join(logs, 'analyze/all.txt')]) {
    assert(!readFileSync(path, 'utf8').includes(leakedToken), path);
  }
  const again = await importStudy(join(folder, 'masked'), undefined);
  assert.equal(again.nLostPlaces, 0);
  assert.equal(again.nFragments, db.prepare('SELECT count(*) AS n FROM fragments').get()?.n);
});

test('bytes that are no text come back, though the merged file is valid UTF-8', async () => {
  const folder = scratchFolder();
  const { file } = await makeSmallStudy(folder);
  const db = openForWriting(file);
  const cut = Buffer.concat([Buffer.from('x = 1\r\n\ny = "'), Uint8Array.of(0xe2, 0x82)]);
  db.prepare('UPDATE samples SET text = ? WHERE sample_id = 2').run(cut);
  const { results } = await exportStudy(db, join(folder, 'bytes'), 'shown');
  const all = readFileSync(join(results, 'all'));
  assert.deepEqual(Buffer.from(all.toString('utf8')), all);
  const again = await importStudy(join(folder, 'bytes'), undefined);
  const [sample] = again.samples.filter(({ sampleId }) => sampleId === 3);
  assert.deepEqual(Buffer.from(sample!.text()), cut);
  assert.equal(again.nLostPlaces, 0);
  db.close();
});

test('the merged text keeps bytes and blanks, drops empty lines, and knows where each line was', () => {
  const merged = mergeText('a\r\n\r\n  \rb\n\n');
  assert.equal(merged.text, 'a\n  \nb\n');
  assert.deepEqual(merged.rawLine, [1, 3, 4]);
  assert.deepEqual([...merged.mergedLine], [0, 1, 1, 2, 3]);
});
