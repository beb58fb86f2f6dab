// The npm package: installed from its tarball into an empty folder, the command does its work there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { version } from '../../server/version.ts';
import { buildPackages, listPackages, lonelyFolder } from '../support/packages.ts';

const run = promisify(execFile);
const folder = lonelyFolder();
const installed = join(folder, 'node_modules', 'verbatim');
/** npm and its shims take the first Node on the path: the one that runs this. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };

before(async () => {
  await buildPackages(folder, 'npm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // The packages are in npm's cache since set-up, and none of them needs its install script.
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, `verbatim-${version}.tgz`], { cwd: folder, env });
});

test('the tarball holds the command and nothing of the editor', async () => {
  const { npm = [] } = await listPackages('npm');
  assert(npm.includes('dist/cli.js') && npm.includes('media/demo-model/model.safetensors'));
  for (const path of npm) assert.doesNotMatch(path, /extension|icons|walkthrough|\.(map|ts|node|dll)$/);
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(manifest.dependencies), ['onnxruntime-node']);
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
});
