// Numbers in the published layout that count nothing: too large for a study file or a list, the wrong way round, of
// nothing that is there. Each is damage that is named, before anything is written.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy } from '../../../server/formats/published/import-study.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { ImportAhead } from '../../../server/study/import-ahead.ts';
import { keepImportedStudy } from '../../../server/study/keep-imported-study.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const exported = scratchFolder();
{
  using db = openForReading((await makeSmallStudy(scratchFolder())).file);
  await exportStudy(db, exported, 'shown');
}
const paths = readdirSync(exported, { recursive: true, encoding: 'utf8' });
const pathOf = (name: string) => {
  const path = paths.find((one) => one.endsWith(name) && statSync(join(exported, one)).isFile());
  assert(path !== undefined, name);
  return path;
};

async function refusalOf(change: (folder: string) => void): Promise<UserError> {
  const folder = join(scratchFolder(), 'in');
  cpSync(exported, folder, { recursive: true });
  change(folder);
  const alone = await failureOf(folder);
  await using ahead = new ImportAhead(undefined, 0);
  const together = await failureOf(folder, ahead);
  assert.deepEqual([together.message, together.action], [alone.message, alone.action], 'with another thread');
  return alone;
}

async function failureOf(folder: string, ahead?: ImportAhead): Promise<UserError> {
  try {
    await keepImportedStudy(join(folder, 's.sqlite'), await importStudy(folder, undefined, ahead), ahead);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    return error;
  }
  return assert.fail('it was imported');
}

const HUGE = '9007199254740993';
const ENDLESS = '9'.repeat(400);

const changes: readonly (readonly [file: string, from: RegExp, to: string, says: RegExp])[] = [
  ['0.log', /lines \d+ and (\d+)/, `lines ${HUGE} and $1`, /0\.log says/],
  ['0.log', /lines (\d+) and \d+/, `lines $1 and ${HUGE}`, /0\.log says/],
  ['0.log', /lines (\d+) and \d+/, `lines $1 and ${ENDLESS}`, /0\.log says/],
  ['0.log', /lines 17 and 22/, 'lines 22 and 17', /0\.log says " Between lines 22 and 17/],
  ['0.log', /lines \d+/, 'lines 0', /0\.log says/],
  ['0.log', /Found \d+/, 'Found 0', /0\.log says/],
  ['0.log', /Found \d+/, `Found ${ENDLESS}`, /0\.log says/],
  ['0.places.jsonl', /\[(\d+),\d+,/, '[$1,99,', /0\.log does not fit the places/],
  ['0.places.jsonl', /\[(\d+),\d+,/, '[$1,0,', /0\.log does not fit the places/],
  ['0.places.jsonl', /\[(\d+),\d+,/, '[$1,1e300,', /0\.log does not fit the places/],
  [
    '0.documents.jsonl',
    /"row":\d+/,
    `"row":${2 ** 32}`,
    /0\.documents\.jsonl has a line that is not a document/,
  ],
  ['map.json', /"start":\s*\d+/, `"start":${ENDLESS}`, /map\.json is not a map/],
  ['map.json', /"1":/, `"${ENDLESS}":`, /map\.json is not a map/],
  [
    'verbatim-counts.jsonl',
    /"train":\d+/,
    `"train":${HUGE}`,
    /verbatim-counts\.jsonl has a line that counts/,
  ],
  ['verbatim-study.json', /"shards":\[.*?\]/, '"shards":[]', /has a log of shard 1, and says of 0 shards/],
];
for (const [file, from, to, says] of changes) {
  test(`${file}: ${to.slice(0, 60)}`, async () => {
    const refusal = await refusalOf((folder) => {
      const path = join(folder, pathOf(`/${file}`));
      const text = readFileSync(path, 'latin1');
      assert.match(text, from);
      writeFileSync(path, text.replace(from, to), 'latin1');
    });
    assert.match(refusal.message, says);
    assert(refusal.action !== undefined);
  });
}

for (const [part, name] of [
  ['temperature', '-temp1.2.3-len512-k40'],
  ['maxTokens', `-temp1.0-len${ENDLESS.slice(0, 200)}-k40`],
  ['topK', `-temp1.0-len512-k${HUGE}`],
] as const) {
  test(`a folder’s name that says a ${part} which is none`, async () => {
    const results = dirname(pathOf('/map.json'));
    const refusal = await refusalOf((folder) => {
      const renamed = join(folder, dirname(results), `samples${name}`);
      renameSync(join(folder, results), renamed);
      assert(existsSync(renamed));
    });
    assert.match(refusal.message, part === 'temperature' ? /holds no run/ : new RegExp(part));
  });
}
