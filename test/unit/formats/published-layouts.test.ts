// Every layout that the published study's scripts left, of all four strategies, written here from its formats; and what Verbatim
// exports of each, recounted in Python as those scripts read their own files.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy } from '../../../server/formats/published/import-study.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { type Database, openForReading } from '../../../server/store/study-file.ts';
import { keepImportedStudy } from '../../../server/study/keep-imported-study.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const known = (name: string) => Array.from({ length: 6 }, (_, i) => `    ${name} = ${i}\n`).join('');

/** The training data's two texts, and outputs with the one, the other, none or both. */
const A = '1'.repeat(32);
const B = '2'.repeat(32);
const output = (name: string, ...texts: readonly string[]) =>
  [`# ${name}\n`, '\n', ...texts.map(known), `end ${name}`].join('');

class Left {
  readonly root = scratchFolder();

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Outputs as merge left them, and the places of the two known texts in the merged file. */
  merge(results: string, name: string, map: string | null, numbered: ReadonlyMap<number, string>) {
    const entries: Record<string, unknown> = {};
    const places: Record<'a' | 'b', [number, number][]> = { a: [], b: [] };
    let all = '';
    for (const [number, text] of numbered) {
      const kept = text.replace(/^\n/gm, '');
      const start = all.split('\n').length;
      all += `${kept}\nSubmission>>>>>>${md5(kept)}>>>>>>Submission\n`;
      entries[number] = { md5: md5(kept), start, end: all.split('\n').length - 1 };
      for (const key of ['a', 'b'] as const) {
        const at = kept.split('\n').indexOf(`    ${key} = 0`);
        if (at >= 0) places[key].push([start + at, start + at + 5]);
      }
    }
    this.write(join(results, name), all);
    if (map !== null) this.write(join(results, map), JSON.stringify(entries));
    return { path: `./${results}/${name}`, places };
  }

  /** One log of one shard, with the summary that the detector ends with. */
  log(path: string, { path: all, places }: ReturnType<Left['merge']>): void {
    const blocks = (['a', 'b'] as const).flatMap((key, i) =>
      places[key].length === 0
        ? []
        : [
            `Found 6 duplicate lines with fingerprint ${key === 'a' ? A : B} in the following files:`,
            ...places[key].map(([first, last]) => ` Between lines ${first} and ${last} in ${all}`),
            ` Between lines ${100 * (i + 1)} and ${100 * (i + 1) + 5} in ./clone/save/codeparrot/codeparrot-clean/0`,
          ],
    );
    this.write(
      path,
      ['{threshold=6}', ...blocks, 'Found 24 duplicate lines in 4 blocks in 2 files', ''].join('\n'),
    );
  }

  files(folder: string, numbered: ReadonlyMap<number, string>): void {
    for (const [number, text] of numbered) this.write(join(folder, String(number)), text);
  }
}

const MODEL = 'codeparrot/codeparrot-small';
const numberedFrom = (first: number, texts: readonly string[]) =>
  new Map(texts.map((text, i) => [first + i, text] as const));
const texts = [output('one', 'a'), output('two'), output('three', 'b', 'a'), output('four', 'b')];
const without = (numbers: ReadonlyMap<number, string>, number: number) =>
  new Map([...numbers].filter(([one]) => one !== number));

const PROMPT = 'def read_config(path):\n    """Reads it."""\n';
const OTHER = 'import os\nimport sys';

/** What each import is to give: outputs by their numbers, the prompt of each, the fragments’ extract. */
interface Expected {
  readonly strategy: string;
  readonly samples: readonly (readonly [sampleId: number, prompt: string | null, text: string])[];
  readonly extract: Readonly<Record<string, number>>;
  readonly run?: string;
}

const layouts: Readonly<Record<string, (left: Left) => Expected | Promise<Expected>>> = {
  'npg: outputs from 1, all and map.json'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    const numbered = numberedFrom(1, texts);
    left.files(`extract/results/${run}/seperate`, numbered);
    left.log(`log/save/${run}/0.log`, left.merge(`extract/results/${run}`, 'all', 'map.json', numbered));
    return {
      strategy: 'npg',
      samples: [...numbered].map(([i, text]) => [i, null, text]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
  'npg: outputs from 0, named by the strategy, the last number in the names'(left) {
    const run = `${MODEL}-temp1.0-len512-k40-npg`;
    const numbered = numberedFrom(0, texts);
    left.files(`extract/results/${run}/separate`, numbered);
    const merged = left.merge(`extract/results/${run}`, 'all_0-3', null, numbered);
    left.log(`log/save/${run}/0-3/0.log`, merged);
    return {
      strategy: 'npg',
      samples: [...numbered].map(([i, text]) => [i, null, text]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
  'tdg: chunks whose names say the first output less one, the first output never merged'(left) {
    const run = `${MODEL}-temp10.0-len512-k40`;
    const numbered = numberedFrom(1, texts);
    left.files(`extract/results/${run}/seperate`, numbered);
    const merged = left.merge(`extract/results/${run}`, 'all_1-4', 'map_1-4.json', without(numbered, 1));
    left.log(`log/save/${run}/1-200001/0.log`, merged);
    return {
      strategy: 'tdg',
      samples: [...numbered].map(([i, text]) => [i, null, text]),
      extract: { [A]: 1, [B]: 2 },
    };
  },
  'pcg: one prompt, outputs from 2, the last never merged'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    const numbered = numberedFrom(2, texts);
    const key = sha1(PROMPT);
    left.files(`extract/results/${run}/internet/${key}`, numbered);
    left.write(`extract/results/${run}/internet/${key}/prompts.txt`, PROMPT);
    const merged = left.merge(
      `extract/results/${run}`,
      `all_${key}-1-4`,
      'map_1-4.json',
      without(numbered, 5),
    );
    left.log(`log/save/${run}/${key}/1-200096/0.log`, merged);
    return {
      strategy: 'pcg',
      samples: [...numbered].map(([i, text]) => [i, PROMPT, text]),
      extract: { [A]: 2, [B]: 1 },
    };
  },
  async 'pcg: two prompts whose maps have one name, beside outputs without a prompt'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    left.files(`extract/results/${run}/seperate`, numberedFrom(1, [output('npg')]));
    const prompts = [PROMPT, OTHER].sort((a, b) => (sha1(a) < sha1(b) ? -1 : 1));
    const samples = prompts.flatMap((prompt, p) => {
      const key = sha1(prompt);
      const numbered = numberedFrom(1, p === 0 ? texts : texts.toReversed().map((text) => `${text}!`));
      left.files(`extract/results/${run}/internet/${key}`, numbered);
      left.write(`extract/results/${run}/internet/${key}/prompts.txt`, prompt);
      left.log(
        `log/save/${run}/${key}/0.log`,
        left.merge(`extract/results/${run}`, `all_${key}-1-4`, 'map_1-4.json', numbered),
      );
      return [...numbered].map(([i, text]) => [i + 4 * p, prompt, text] as const);
    });
    const names = [`${run}`, `${run}/internet`];
    await assert.rejects(
      () => importStudy(left.root, undefined),
      new RegExp(`holds several runs: ${names.join(', ')}$`),
    );
    return { strategy: 'pcg', run: `${run}/internet`, samples, extract: { [A]: 4, [B]: 4 } };
  },
  'pcg: prompts’ outputs copied into one folder, to be compared at once'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    const combined = numberedFrom(1, texts);
    const all = 'f'.repeat(40);
    left.files(`extract/results/${run}/internet/${all}`, combined);
    for (const [i, prompt] of [PROMPT, OTHER].entries()) {
      left.files(
        `extract/results/${run}/internet/${sha1(prompt)}`,
        numberedFrom(2, texts.slice(2 * i, 2 * i + 2)),
      );
      left.write(`extract/results/${run}/internet/${sha1(prompt)}/prompts.txt`, prompt);
    }
    const merged = left.merge(`extract/results/${run}`, `all_${all}-0-3`, 'map_0-3.json', combined);
    left.log(`log/save/${run}/${all}/1-20000/0.log`, merged);
    return {
      strategy: 'pcg',
      samples: [...combined].map(([i, text]) => [i, i <= 2 ? PROMPT : OTHER, text]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
  'tsg: a prompt of the first study, its own file lost'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    const key = sha1(OTHER);
    const numbered = numberedFrom(1, texts);
    left.files(`extract/results/${run}/internet/${key}`, numbered);
    left.write(
      `log/save/${run}/analyze/extract_prompt.json`,
      JSON.stringify({ [key]: { prompt: OTHER, occurrence: 7, fingerprints: A } }),
    );
    const merged = left.merge(`extract/results/${run}`, `all_${key}-1-4`, null, numbered);
    left.log(`log/save/${run}/${key}/0.log`, merged);
    return {
      strategy: 'tsg',
      samples: [...numbered].map(([i, text]) => [i, OTHER, text]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
  'pcg: all outputs of the only prompt in one folder, as the first version left them'(left) {
    const run = `${MODEL}-temp1.0-len512-k40`;
    const numbered = numberedFrom(2, texts);
    left.files(`extract/results/${run}/internet`, numbered);
    left.write(`extract/results/${run}/internet/prompts.txt`, PROMPT);
    const merged = left.merge(`extract/results/${run}`, `all_${sha1(PROMPT)}-1-5`, 'map_1-5.json', numbered);
    left.log(`log/save/${run}/${sha1(PROMPT)}/0.log`, merged);
    return {
      strategy: 'pcg',
      samples: [...numbered].map(([i, text]) => [i, PROMPT, text]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
  'tsg: only the merged file is left'(left) {
    const run = `${MODEL}-temp1.0-len512-k40-tsg`;
    const key = sha1(PROMPT);
    const numbered = numberedFrom(2, texts);
    const merged = left.merge(`extract/results/${run}`, `all_${key}-1-5`, 'map_1-5.json', numbered);
    left.log(`log/save/${run}/${key}/0.log`, merged);
    const kept = (text: string) => text.replace(/^\n/gm, '');
    return {
      strategy: 'tsg',
      samples: [...numbered].map(([i, text]) => [i, null, kept(text)]),
      extract: { [A]: 2, [B]: 2 },
    };
  },
};

const hasPython = spawnSync('python3', ['--version']).status === 0;

interface Recount {
  readonly stored: Readonly<Record<string, { train: number; extract: number; len: number }>>;
  readonly counted: Recount['stored'];
  readonly nLogs: Readonly<Record<string, number>>;
  readonly outputs: number;
  readonly prompts: Readonly<Record<string, string | null>>;
  readonly memorised: readonly number[];
  readonly fragments: readonly string[];
  readonly extracted: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** Exports the study, has it recounted, and compares with its tables. */
async function recount(db: Database): Promise<Recount> {
  const to = scratchFolder();
  const { results } = await exportStudy(db, to, 'shown');
  const script = join(import.meta.dirname, 'recount-published.py');
  const run = relative(join(to, 'extract/results'), results);
  const found: Recount = JSON.parse(execFileSync('python3', [script, to, run], { encoding: 'utf8' }));
  const rows = db.prepare('SELECT fingerprint, n_lines, train, extract FROM fragments ORDER BY 1').all();
  assert.deepEqual(
    found.fragments,
    rows.map((row) => row.fingerprint),
  );
  for (const { fingerprint, n_lines: len, train, extract } of rows) {
    const key = String(fingerprint);
    assert.deepEqual(found.stored[key], { train, extract, len });
    // Theirs is summed once a log, of which all but the first list one place.
    assert.deepEqual(found.counted[key], {
      ...found.stored[key],
      extract: Number(extract) + found.nLogs[key]! - 1,
    });
    assert.equal(found.extracted[key], found.texts[key]!.replace(/\n$/, ''));
  }
  const shift = db.prepare('SELECT min(sample_id) = 0 AS shift FROM samples').get()!.shift as number;
  const count = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0]);
  assert.deepEqual([found.outputs], count('SELECT count(*) FROM samples'));
  assert.deepEqual(
    found.memorised,
    count(`SELECT DISTINCT sample_id + ${shift} FROM memorised_ranges ORDER BY 1`),
  );
  return found;
}

for (const [name, leave] of Object.entries(layouts)) {
  test(`imported: ${name}`, async (t) => {
    const left = new Left();
    const expected = await leave(left);
    const study = await importStudy(left.root, expected.run);
    const promptOf = (index: number | null) => (index === null ? null : study.plan.sampling.prompts[index]);
    assert.deepEqual(
      study.samples.map(({ sampleId, promptIndex, text }) => [
        sampleId,
        promptOf(promptIndex),
        Buffer.from(text()).toString('latin1'),
      ]),
      expected.samples,
    );
    assert.equal(study.plan.sampling.strategy, expected.strategy);
    assert.deepEqual(
      Object.fromEntries(Array.from(study.fragments, ({ fingerprint, extract }) => [fingerprint, extract])),
      expected.extract,
    );
    assert.deepEqual([study.nLostPlaces, Array.from(study.fragments, ({ train }) => train)], [0, [1, 1]]);
    const file = join(left.root, 's.sqlite');
    await keepImportedStudy(file, study);
    using db = openForReading(file);
    if (!hasPython) return t.skip('there is no python3 to recount with');
    const { prompts } = await recount(db);
    const shift = expected.samples[0]![0] === 0 ? 1 : 0;
    assert.deepEqual(
      prompts,
      Object.fromEntries(expected.samples.map(([id, prompt]) => [id + shift, prompt])),
    );
  });
}

test('a scanned study is recounted from its export', async (t) => {
  if (!hasPython) return t.skip('there is no python3 to recount with');
  using db = openForReading((await makeSmallStudy(scratchFolder())).file);
  await recount(db);
});

test('a chunk’s outputs are numbered by the map that is theirs, in a scan as in an import', () => {
  const left = new Left();
  const numbered = numberedFrom(2, texts);
  const key = sha1(PROMPT);
  left.merge('results', `all_${key}-1-5`, 'map_1-5.json', numbered);
  const ids = () => readSamples(join(left.root, 'results', `all_${key}-1-5`)).map(({ sampleId }) => sampleId);
  assert.deepEqual(ids(), [2, 3, 4, 5]);
  // Another prompt’s map under that name: the numbers are those of the file’s own name.
  left.merge('results', `all_${sha1(OTHER)}-1-5`, 'map_1-5.json', numberedFrom(2, texts.toReversed()));
  assert.deepEqual(ids(), [2, 3, 4, 5]);
});
