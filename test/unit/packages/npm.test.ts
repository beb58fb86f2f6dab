// The npm package: installed from its tarball into an empty folder, the command does its work there.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { adviseSqlite, refuseNode } from '../../../server/node-version.ts';
import { version } from '../../../server/version.ts';
import { buildPackages, fileOf, listPackages, lonelyFolder } from '../../support/packages.ts';

const run = promisify(execFile);
const folder = lonelyFolder();
const installed = join(folder, 'node_modules', 'verbatim-study');
/** npm and its shims take the first Node on the path: the one that runs this. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

before(async () => {
  await buildPackages(folder, 'npm');
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // The packages are in npm's cache since set-up, and none of them needs its install script.
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, fileOf('npm')], { cwd: folder, env });
});

test('the tarball holds the command and nothing of the editor', async () => {
  const { npm = [] } = await listPackages();
  assert(npm.includes('dist/cli.js') && npm.includes('media/demo-model/model.safetensors'));
  for (const path of npm) assert.doesNotMatch(path, /extension|icons|walkthrough|\.(map|ts|node|dll)$/);
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  // On npm's registry the name of the command belongs to another project.
  assert.deepEqual([manifest.name, Object.keys(manifest.bin)], ['verbatim-study', ['verbatim']]);
  assert.deepEqual(Object.keys(manifest.dependencies), ['koffi', 'onnxruntime-node']);
  assert(!('private' in manifest || 'scripts' in manifest || 'devDependencies' in manifest));
});

test('npx finds the command, and the demo runs to its end', async () => {
  const { stdout } = await run('npx', ['--no-install', 'verbatim', '--version'], { cwd: folder, env });
  assert.equal(stdout.trim(), version);
  const model = join(realpathSync(installed), 'media', 'demo-model');
  const corpus = join(realpathSync(installed), 'dist', 'demo-corpus', 'shards');
  const size = ['--samples', '8', '--max-tokens', '128'];
  const study = ['study', '--model', model, '--corpus', corpus, ...size, '--out', 'study.sqlite'];
  const cli = join(folder, 'node_modules', '.bin', 'verbatim');
  const result = await run(cli, study, { cwd: folder, env });
  assert.match(result.stdout, /^Samples +8 \([\d,]+ tokens\)/m);
  assert.match(result.stdout, /^Found +\d+ fragments/m);
  const report = await run(cli, ['report', 'study.sqlite', '--format', 'html'], { cwd: folder, env });
  assert.match(report.stdout, /<h3 id="method-3">3\. How much is memorised</, 'docs/method.md comes along');
});

test('a Node that is too old is named with the way out', () => {
  for (const old of ['12.22.12', '18.20.8', '20.19.0', '22.23.3', '23.11.1'])
    assert.match(
      refuseNode(old) ?? '',
      new RegExp(`^verbatim: Node 24 or later .* this is ${old}\\n {2}.*node@24$`),
    );
  for (const new_ of ['24.0.0', '24.21.0', '26.1.0-nightly20260101', '100.0.0'])
    assert.equal(refuseNode(new_), null);
});

test('a Node whose SQLite believes forged journals is told apart', () => {
  for (const sqlite of ['3.50.4', '3.53.2', '3.9.9', '3.53']) {
    assert.match(adviseSqlite({ node: '24.11.0', sqlite }) ?? '', /SQLite 3\.53\.3 or later is needed/);
  }
  for (const sqlite of ['3.53.3', '3.53.4', '3.54.0', '4.0.0']) {
    assert.equal(adviseSqlite({ node: '24.19.0', sqlite }), null);
  }
});

test('an older Node runs the command on the Node that is installed beside it, and says so without one', (t) => {
  const older = (process.env.PATH ?? '')
    .split(delimiter)
    .map((place) => join(place, 'node'))
    .find((node) => existsSync(node) && refuseNode(versionOf(node)) !== null);
  if (older === undefined) return t.skip('no older Node is installed');
  const command = () =>
    spawnSync(older, [join(installed, 'dist', 'cli.js'), '--version'], { encoding: 'utf8' });
  const alone = command();
  assert.equal(alone.status, 1);
  assert.equal(alone.stderr, `${refuseNode(versionOf(older))}\n`);

  // Laid out like npm installs the package node.
  const beside = join(folder, 'node_modules', 'node');
  mkdirSync(join(beside, 'bin'), { recursive: true });
  writeFileSync(join(beside, 'package.json'), '{ "name": "node", "version": "24.0.0" }\n');
  symlinkSync(process.execPath, join(beside, 'bin', 'node'));
  const helped = command();
  assert.equal(helped.stdout.trim(), version, helped.stderr);
});

const versionOf = (node: string): string =>
  spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim();
