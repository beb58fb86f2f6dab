// The .vsix packages: what is inside, that the same sources give the same bytes, and that a package runs by
// itself, with the runtime and without.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { targets } from '../../../scripts/package-targets.mjs';
import {
  buildAnew,
  buildPackages,
  fileOf,
  listPackages,
  lonelyFolder,
  root,
} from '../../support/packages.ts';
import { readZip, unzip, type ZipEntry } from '../../support/zip.ts';

const folder = lonelyFolder();
const vsix = (target: string, below = folder) => join(below, fileOf(target));
let entries: ReadonlyMap<string, ZipEntry>;
let lists: Readonly<Record<string, readonly string[]>>;

before(async () => {
  await buildPackages(folder, 'linux-x64', 'darwin-x64');
  const { npm: _, ...ofSystems } = await listPackages();
  lists = ofSystems;
  entries = readZip(vsix('linux-x64'));
});

/** Entry with this name inside the extension. */
function entry(path: string): ZipEntry {
  const found = entries.get(`extension/${path}`);
  assert(found, `${path} is missing`);
  return found;
}

test('a package holds what its list says, its manifests, and nothing else', () => {
  // vsce gives the pages the names that stores expect.
  const renamed = { 'README.md': 'readme.md', 'CHANGELOG.md': 'changelog.md', LICENSE: 'LICENSE.txt' };
  const expected = [
    ...(lists['linux-x64'] ?? []).map((path) => `extension/${renamed[path as keyof typeof renamed] ?? path}`),
    ...['package.json', 'THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json'].map((name) => `extension/${name}`),
    ...['[Content_Types].xml', 'extension.vsixmanifest'],
  ];
  assert.deepEqual([...entries.keys()].sort(), expected.sort());
});

test('a package is for one system and has the native files of that one only', () => {
  assert.deepEqual(Object.keys(lists), Object.keys(targets));
  for (const [target, list] of Object.entries(lists)) {
    const native = list.filter((path) => /\.(node|dll|dylib|so)(\.|$)/.test(path));
    const { runtime, foreign } = targets[target]!;
    if (runtime === null) assert.deepEqual(native, [], target);
    else {
      assert(native.length >= 2, target);
      const isOwn = (path: string) =>
        path.includes(`/napi-v6/${runtime}/`) || (foreign !== undefined && path.includes(`/${foreign}/`));
      for (const path of native) assert(isOwn(path), `${target}: ${path}`);
      const calls = native.filter((path) => path.endsWith('/koffi.node'));
      assert.equal(calls.length, foreign === undefined ? 0 : 1, target);
      assert(
        native.some((path) => path.endsWith('/onnxruntime_binding.node')),
        target,
      );
    }
  }
  assert.match(String(entries.get('extension.vsixmanifest')?.bytes()), /TargetPlatform="linux-x64"/);
});

test('nothing is inside that nobody needs: maps, sources, archives, settings of the sources', () => {
  const unwanted =
    /\.(map|ts|tsx|mts|zip|tgz|tar|vsix|7z|pdb|log|sqlite|env|npmrc|pem|key)$|(^|\/)\.|(^|\/)test\//;
  for (const list of Object.values(lists))
    for (const path of list) {
      assert.doesNotMatch(path, unwanted);
      if (path.endsWith('.gz')) assert.match(path, /^dist\/demo-corpus\/shards\/shard-\d+\.json\.gz$/);
    }
  for (const { path, bytes } of entries.values()) {
    if (/\.(js|cjs|json)$/.test(path))
      assert(!bytes().includes(root), `${path} names the folder it was built in`);
  }
});

test('the manifest says what VS Code needs, and every file that it names is there', () => {
  const manifest = JSON.parse(String(entry('package.json').bytes()));
  for (const key of ['scripts', 'devDependencies', 'dependencies', 'private', 'allowScripts'])
    assert(!(key in manifest), key);
  const strings = JSON.parse(String(entry('package.nls.json').bytes()));
  const text = JSON.stringify(manifest);
  for (const [, name] of text.matchAll(/"%([\w.]+)%"/g)) assert(name && name in strings, name);
  const files = [...text.matchAll(/"(?:\.\/)?((?:media|dist)\/[^"]+\.\w+)"/g)].map(([, path]) => path ?? '');
  assert(files.includes('dist/extension.cjs') && files.length >= 3, String(files));
  for (const path of files) entry(path);
  for (const [, path] of text.matchAll(/"\.\/([\w./-]+)"/g))
    assert(
      [...entries.keys()].some((name) => name.startsWith(`extension/${path}`)),
      `${path} is missing`,
    );
});

test('what the bundles start or load by name is beside them', () => {
  const named = new Set<string>();
  for (const { path, bytes } of entries.values()) {
    if (!/^extension\/dist\/[^/]+\.js$/.test(path)) continue;
    for (const [, names = ''] of String(bytes()).matchAll(/new URL\(([^()]*)import\.meta\.url\s*\)/g))
      for (const [, name = ''] of names.matchAll(/"(?:\.\/)([\w.-]+)"/g))
        if (!name.endsWith('.ts')) named.add(name);
    for (const [, name] of String(bytes()).matchAll(/programUrl\("[./\w-]*?([\w-]+\.\w+)"/g))
      named.add(name!.replace(/\.ts$/, '.js'));
  }
  const some = ['sampling-worker.js', 'scan-worker.js', 'decoder.cu'];
  for (const name of some) assert(named.has(name), [...named].join());
  for (const name of named) entry(`dist/${name}`);
});

test('the licences of the demo and of all code inside are inside', () => {
  const { packages } = JSON.parse(String(entry('dist/demo-corpus/manifest.json').bytes()));
  assert(packages.length >= 30);
  for (const { name } of packages)
    assert(entry(`dist/demo-corpus/licenses/${name.replace('/', '-')}.txt`).bytes().length > 100, name);
  const notices = String(entry('THIRD-PARTY-NOTICES.txt').bytes());
  const { components } = JSON.parse(String(entry('sbom.cdx.json').bytes()));
  for (const name of ['commander', 'onnxruntime-node', 'onnxruntime-common', 'vscode-languageclient'])
    assert(
      components.some((component: { name: string }) => component.name === name),
      name,
    );
  for (const { type, name, version } of components)
    if (type !== 'machine-learning-model') assert(notices.includes(`\n${name} ${version} (`), name);
});

test('a package is within its budget', () => {
  const { size } = statSync(vsix('linux-x64'));
  assert(size > 15e6 && size <= 45e6, `${size} bytes`);
});

test('two builds give the same bytes', async () => {
  const again = join(folder, 'again');
  await buildAnew(again, 'darwin-x64');
  const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  assert.equal(digest(vsix('darwin-x64', again)), digest(vsix('darwin-x64')));
});

test('the command runs from the package, with no packages around it', async () => {
  const installed = join(folder, 'linux-x64');
  unzip(vsix('linux-x64'), installed);
  const study = join(folder, 'demo.sqlite');
  const sample = ['--samples', '8', '--max-tokens', '64', '--json'];
  const model = join(installed, 'extension', 'media', 'demo-model');
  const sampled = await command(installed, 'sample', '--model', model, ...sample, '--out', study);
  if (process.platform === 'linux' && process.arch === 'x64') {
    assert.equal(sampled.exitCode, 0, sampled.stderr);
    assert.equal(sampled.stdout.trim().split('\n').length, 8);
  } else assert.match(sampled.stderr, /no inference runtime for/);
});

test('where there is no runtime the package says so, scans and reports', async () => {
  const installed = join(folder, 'darwin-x64');
  unzip(vsix('darwin-x64'), installed);
  const demo = await command(installed, 'demo', '--out', join(folder, 'none.sqlite'));
  assert.equal(demo.exitCode, 1, demo.stderr);
  assert.match(demo.stderr, /^verbatim: Models cannot be sampled here: .*no inference runtime/m);
  assert.match(demo.stderr, /verbatim scan --samples/);
  assert.doesNotMatch(demo.stderr, /^ +at /m);

  const samples = join(folder, 'samples.jsonl');
  const corpus = join(installed, 'extension', 'dist', 'demo-corpus', 'shards', 'shard-0000.json.gz');
  writeFileSync(samples, `${JSON.stringify({ text: await firstDocument(corpus) })}\n`);
  const out = join(folder, 'scan.sqlite');
  const scan = await command(installed, 'scan', '--samples', samples, '--corpus', corpus, '--out', out);
  assert.equal(scan.exitCode, 0, scan.stderr);
  const report = await command(installed, 'report', out, '--format', 'json');
  assert.equal(JSON.parse(report.stdout).study.nMemorisedSamples, 1);
});

async function firstDocument(shard: string): Promise<string> {
  const { gunzipSync } = await import('node:zlib');
  const rows = gunzipSync(readFileSync(shard)).toString().split('\n');
  const contents = rows.filter(Boolean).map((row) => JSON.parse(row).content as string);
  return contents.find((content) => content.split('\n').filter((line) => line.trim()).length > 20) ?? '';
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function command(installed: string, ...args: readonly string[]): Promise<Ended> {
  const cli = join(installed, 'extension', 'dist', 'cli.js');
  return new Promise((resolve) =>
    execFile(process.execPath, [cli, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}
