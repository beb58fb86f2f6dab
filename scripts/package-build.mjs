// Makes one .vsix a system and the npm package, into dist/packages or --out. Names are those of
// package-targets.mjs, and npm; without any, everything is made. --list prints the files of
// every package, and makes only those that are named.
// From the same sources, the same bytes. Needs Node 24 and a finished set-up.

import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../esbuild.mjs';
import { notices } from './notices.mjs';
import { bundledPackages, checkExternals, readManifest } from './package-bundled.mjs';
import { npmFiles, vsixFiles } from './package-files.mjs';
import { NPM_NAME, npmManifest, vsixManifest } from './package-manifests.mjs';
import { packNpm, packVsix } from './package-pack.mjs';
import { targets } from './package-targets.mjs';
import { sbom } from './sbom.mjs';
import { root } from './setup.mjs';

/** 1 January 2026: the time of every file in a package, unless SOURCE_DATE_EPOCH says another. */
const FIXED_TIME_SECONDS = 1_767_225_600;
const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? FIXED_TIME_SECONDS);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'dist/packages' }, list: { type: 'boolean', default: false } },
});
const all = [...Object.keys(targets), 'npm'];
const names = positionals.length > 0 || values.list ? positionals : all;
const out = resolve(root, values.out);
const manifest = readManifest('.');

const unknown = names.find((name) => name !== 'npm' && !(name in targets));
if (unknown !== undefined) {
  console.error(`No package is named ${unknown}. There are: ${all.join(', ')}`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'verbatim-package-'));
try {
  process.chdir(root);
  const bundles = join(scratch, 'bundles');
  const metafiles = await bundle(bundles);
  checkExternals(metafiles);
  const filesOf = (name) => (name === 'npm' ? npmFiles(bundles) : vsixFiles(name, bundles));
  if (values.list) {
    const lists = all.map((name) => [name, [...filesOf(name).keys()].sort()]);
    console.log(JSON.stringify(Object.fromEntries(lists), null, 2));
  }
  if (names.length > 0) {
    mkdirSync(out, { recursive: true });
    const packages = bundledPackages(metafiles);
    const written = new Map([
      ['THIRD-PARTY-NOTICES.txt', await notices(packages)],
      ['sbom.cdx.json', sbom(packages, seconds)],
    ]);
    // Two at a time: compressing is most of the work.
    const waiting = names.values();
    const worker = async () => {
      for (const name of waiting) await make(name, filesOf(name), written);
    };
    await Promise.all([worker(), worker()]);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}

async function make(name, files, written) {
  const stage = join(scratch, name);
  const isNpm = name === 'npm';
  for (const [path, from] of files) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    copyFileSync(from, join(stage, path));
    chmodSync(join(stage, path), path === 'dist/cli.js' ? 0o755 : 0o644);
  }
  const ownManifest = `${JSON.stringify((isNpm ? npmManifest : vsixManifest)(manifest), null, 2)}\n`;
  for (const [path, text] of [...written, ['package.json', ownManifest]])
    writeFileSync(join(stage, path), text, { mode: 0o644 });
  const file = join(
    out,
    isNpm ? `${NPM_NAME}-${manifest.version}.tgz` : `verbatim-${name}-${manifest.version}.vsix`,
  );
  await (isNpm ? packNpm(stage, out, seconds) : packVsix(stage, name, file, seconds));
  rmSync(stage, { recursive: true });
  const { size } = statSync(file);
  console.error(`${(size / 1e6).toFixed(1).padStart(6)} MB  ${file}`);
  const limit = targets[name]?.maxBytes ?? Number.POSITIVE_INFINITY;
  if (size > limit) throw new Error(`${file} is over its budget of ${limit / 1e6} MB`);
}
