// Which packages' code is inside the bundles, from what esbuild says about each file that it wrote.

import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { root } from './setup.mjs';

/** Found at run time: the editor's own module, and the packages that are staged beside the bundles. */
const FOUND_AT_RUN_TIME = ['vscode', 'onnxruntime-node', 'koffi'];
/** Asked for in a `try`, and done without: linkedom draws no pictures here. */
const DONE_WITHOUT = ['canvas'];
/** Not in the bundles and yet in the packages: what is staged, and the library inside the scan kernel. */
const BESIDE_THE_BUNDLES = [
  'onnxruntime-node',
  'onnxruntime-common',
  'koffi',
  '@koromix/koffi-linux-x64',
  'assemblyscript',
];

/**
 * Folders, relative to the root, of the packages whose code is distributed.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @returns {string[]}
 */
export function bundledPackages(metafiles) {
  const folders = new Set(BESIDE_THE_BUNDLES.map((name) => `node_modules/${name}`));
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = packageFolder(path);
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
  return [...folders].sort();
}

/**
 * Throws when a bundle would look for a package that no package of ours brings, or for a file that is not beside it.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 */
export function checkExternals(metafiles) {
  const written = metafiles.flatMap(({ outputs }) => Object.keys(outputs).map((output) => basename(output)));
  for (const { outputs } of metafiles)
    for (const [output, { imports }] of Object.entries(outputs))
      for (const { path, external } of imports) {
        if (!external || isBuiltin(path)) continue;
        if (FOUND_AT_RUN_TIME.includes(path) || DONE_WITHOUT.includes(path)) continue;
        if (path.startsWith('./') && written.includes(basename(path))) continue;
        throw new Error(`${output} imports ${path}, which no package brings: bundle it, or stage it`);
      }
}

export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** "node_modules/a/node_modules/@b/c/lib/x.js" → "node_modules/a/node_modules/@b/c" */
function packageFolder(path) {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
  if (folder !== undefined && !existsSync(join(root, folder, 'package.json')))
    throw new Error(`${folder} has no manifest`);
  return folder;
}
