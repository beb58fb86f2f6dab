// Every place where a stranger's folder, study or index names a file: none leads out of where it belongs, and what is
// no file is refused at once.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { listShards } from '../../../server/corpus/shard.ts';
import { UserError } from '../../../server/errors.ts';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy } from '../../../server/formats/published/import-study.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { downloadFile } from '../../../server/hub/download-file.ts';
import { hubSettings } from '../../../server/hub-settings.ts';
import { findExportedModel } from '../../../server/sampling/exported/exported-model.ts';
import { fileOfWheel } from '../../../server/sampling/providers/package-index.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const refusal = (words: RegExp) => (error: unknown) =>
  error instanceof UserError && words.test(error.message);
const secret = join(scratchFolder(), 'secret');
writeFileSync(secret, 'my secret');

const { file: study } = await makeSmallStudy(scratchFolder());

async function exported(): Promise<{ readonly to: string; readonly results: string; readonly logs: string }> {
  const to = join(scratchFolder(), 'out');
  using db = openForReading(study);
  return { to, ...(await exportStudy(db, to, 'shown')) };
}

for (const name of ['../../../../escaped', '/tmp/verbatim-escaped', 'a/../../b', 'a\nb', 'x'.repeat(300)]) {
  test(`export makes no folder of a model that is called ${JSON.stringify(name.slice(0, 30))}`, async () => {
    const folder = scratchFolder();
    const file = join(folder, 's.sqlite');
    cpSync(study, file);
    const db = new DatabaseSync(file);
    db.prepare("UPDATE study SET environment = json_set(environment, '$.model', ?)").run(name);
    db.close();
    using reading = openForReading(file);
    await assert.rejects(
      exportStudy(reading, join(folder, 'out'), 'shown'),
      refusal(/The study’s run is called/),
    );
    const made = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      made.filter((path) => !path.startsWith('s.sqlite')),
      ['out'],
    );
  });
}

test('a model in a folder of its owner’s is exported as such', async () => {
  const folder = scratchFolder();
  const file = join(folder, 's.sqlite');
  cpSync(study, file);
  const db = new DatabaseSync(file);
  db.exec(`UPDATE study SET environment = json_set(environment, '$.model', 'owner/small')`);
  db.close();
  using reading = openForReading(file);
  const { results } = await exportStudy(reading, join(folder, 'out'), 'shown');
  assert.ok(results.includes(join('results', 'owner', 'small-temp')), results);
});

test('export follows no link out of the folder that it writes into', async () => {
  for (const place of ['results', 'logs'] as const) {
    const { to, results, logs } = await exported();
    const elsewhere = scratchFolder();
    const planted = { results: join(results, 'all'), logs: join(logs, 'stats') }[place];
    rmSync(planted, { recursive: true });
    writeFileSync(join(elsewhere, 'memorization.json'), 'mine');
    symlinkSync(place === 'results' ? secret : elsewhere, planted);
    using db = openForReading(study);
    await assert.rejects(exportStudy(db, to, 'shown'), refusal(/is a link that leads out of/));
    assert.equal(readFileSync(secret, 'utf8'), 'my secret');
    assert.equal(readFileSync(join(elsewhere, 'memorization.json'), 'utf8'), 'mine');
  }
});

test('import reads no file behind a link out of the folder', async () => {
  const places: readonly ((at: { readonly results: string; readonly logs: string }) => string)[] = [
    ({ results }) => join(results, 'seperate', '1'),
    ({ results }) => join(results, 'seperate'),
    ({ results }) => join(results, 'all'),
    ({ results }) => join(results, 'map.json'),
    ({ logs }) => join(logs, '0.log'),
    ({ logs }) => join(logs, '0.places.jsonl'),
    ({ logs }) => join(logs, 'verbatim-study.json'),
    ({ logs }) => join(logs, 'stats', 'verbatim-counts.jsonl'),
    ({ logs }) => logs,
  ];
  for (const place of places) {
    const { to, ...at } = await exported();
    const path = place(at);
    const elsewhere = join(scratchFolder(), 'elsewhere');
    cpSync(path, elsewhere, { recursive: true });
    rmSync(path, { recursive: true });
    symlinkSync(elsewhere, path);
    await assert.rejects(() => importStudy(to, undefined), refusal(/is a link that leads out of/), path);
    // What lies behind a link that stays inside is read.
    rmSync(path);
    cpSync(elsewhere, join(to, 'moved'), { recursive: true });
    symlinkSync(join(to, 'moved'), path);
    assert.equal((await importStudy(to, undefined)).samples.length, 6, path);
  }
});

test('samples, prompts and corpora are no pipes, and samples no links out of their folder', () => {
  const folder = scratchFolder();
  const pipe = join(folder, 'pipe.jsonl');
  execFileSync('mkfifo', [pipe]);
  assert.throws(() => readSamples(pipe), refusal(/is a named pipe/));
  assert.throws(() => listShards([pipe]), refusal(/is a named pipe/));
  const samples = join(folder, 'samples');
  mkdirSync(samples);
  writeFileSync(join(samples, '1'), 'mine');
  symlinkSync('1', join(samples, '2'));
  assert.deepEqual(
    readSamples(samples).map(({ sampleId }) => sampleId),
    [1, 2],
  );
  symlinkSync(secret, join(samples, '3'));
  assert.throws(() => readSamples(samples), refusal(/3 is a link that leads out of/));
  rmSync(join(samples, '3'));
  execFileSync('mkfifo', [join(samples, '4')]);
  assert.throws(() => readSamples(samples), refusal(/4 is a named pipe/));
});

test('weights beside an exported model are no link out of its folder, but for the Hub’s cache', async () => {
  const folder = scratchFolder();
  const model = join(folder, 'model');
  mkdirSync(model);
  const graph = Buffer.from([8, 7]); // a graph of nothing, of version 7
  writeFileSync(join(model, 'model.onnx'), graph);
  symlinkSync(secret, join(model, 'model.onnx.data'));
  await assert.rejects(findExportedModel(model), refusal(/model\.onnx\.data is a link that leads out of/));
  const repository = join(folder, 'models--a--b');
  const snapshot = join(repository, 'snapshots', 'c');
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(repository, 'blobs'));
  writeFileSync(join(repository, 'blobs', '1'), graph);
  symlinkSync('../../blobs/1', join(snapshot, 'model.onnx'));
  assert.ok(await findExportedModel(snapshot));
});

test('a study of a stranger names no file outside the Hub’s cache', async () => {
  const home = scratchFolder();
  const settings = hubSettings({ HF_HOME: home, HF_ENDPOINT: 'http://127.0.0.1:1' });
  const good = {
    repository: 'owner/name',
    commit: 'a'.repeat(40),
    path: 'data/a.jsonl',
    hash: createHash('sha256').update('').digest('hex'),
  };
  const bad: readonly Partial<typeof good>[] = [
    { path: '../../../x' },
    { path: '/etc/x' },
    { path: 'a\\..\\..\\x' },
    { hash: '../../../../x' },
    { commit: '../../x' },
    { repository: '../x' },
    { repository: 'owner/../../x' },
  ];
  for (const wrong of bad) {
    const { repository, commit, path, hash } = { ...good, ...wrong };
    const download = downloadFile({
      settings,
      fetch: () => Promise.reject(new Error('nothing is asked')),
      repo: { kind: 'dataset', repository },
      commit,
      file: { path, nBytes: 1, hash },
      signal: AbortSignal.timeout(5000),
      onBytes: () => {},
    });
    await assert.rejects(download, refusal(/is no name of a file on the Hub/), JSON.stringify(wrong));
  }
  assert.ok(!existsSync(join(home, 'hub')), 'nothing was made');
});

test('an index of packages names no file outside the folder of downloads', () => {
  const url = 'https://index.example/x.whl';
  assert.equal(
    fileOfWheel('/d', { fileName: 'onnxruntime_gpu-1.2-x86_64.whl', url }),
    join('/d', 'onnxruntime_gpu-1.2-x86_64.whl'),
  );
  for (const fileName of ['../x.whl', '/etc/x.whl', 'a\\x.whl', '..', '', 'x.whl\0']) {
    assert.throws(() => fileOfWheel('/d', { fileName, url }), refusal(/has a name that/));
  }
});
