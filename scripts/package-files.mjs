// Which files go into a package: an allow-list. A file that is neither taken nor left out by name stops the
// packaging, so that whoever adds one decides.

import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { readManifest } from './package-bundled.mjs';
import { targets } from './package-targets.mjs';
import { root } from './setup.mjs';

/** For people, and for the stores that show them. */
const PAGES = ['README.md', 'CHANGELOG.md', 'LICENSE', 'SECURITY.md', 'docs/method.md'];

const TAKEN = [
  /^dist\/[^/]+\.(js|cjs|wasm|css|html|cu)$/,
  /^dist\/demo-corpus\/(manifest\.json|shards\/shard-\d+\.json\.gz|licenses\/[^/]+\.txt)$/,
  /^media\/.+\.(json|safetensors|md|svg|png)$/,
  /^package\.nls(\.[\w-]+)?\.json$/,
  /^(l10n|docs\/schema)\/[^/]+\.json$/,
];
const LEFT_OUT = [
  /^media\/demo-model\/training-log\.jsonl$/, // how the demo's model was trained: for readers of the sources
];
/** What only an editor needs. */
const NOT_FOR_NPM = [
  /^dist\/([^/]+\.cjs$|dashboard\.)/,
  /^media\/(?!demo-model\/)/,
  /^(package\.nls|l10n|docs\/schema)/,
];

const STAGED = 'dist/node_modules';
const RUNTIME = `${STAGED}/onnxruntime-node`;
const RUNTIME_TYPES = `${STAGED}/onnxruntime-common`;
/** A second name of a library, which nothing loads. */
const SECOND_NAME = /libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

/** Maps each path in the .vsix to the file that it is made from, without the manifests. */
export function vsixFiles(target, bundleFolder) {
  const files = productFiles(bundleFolder);
  const { runtime, foreign } = targets[target];
  if (runtime !== null) addRuntime(files, runtime);
  if (foreign !== undefined) addForeign(files, foreign);
  return files;
}

/** Files of the npm package, whose runtime is a dependency. */
export function npmFiles(bundleFolder) {
  const files = productFiles(bundleFolder);
  for (const path of files.keys()) if (NOT_FOR_NPM.some((rule) => rule.test(path))) files.delete(path);
  return files;
}

function productFiles(bundleFolder) {
  const files = new Map(PAGES.map((page) => [page, join(root, page)]));
  const add = (folder, under) => {
    for (const name of filesBelow(folder)) files.set(`${under}/${name}`, join(folder, name));
  };
  add(bundleFolder, 'dist');
  add(join(root, 'dist', 'demo-corpus'), 'dist/demo-corpus');
  add(join(root, 'media'), 'media');
  files.set('dist/scan-kernel.wasm', join(root, 'dist', 'scan-kernel.wasm'));
  for (const path of [...stringFiles(), ...namedByManifest()])
    if (!files.has(path)) files.set(path, join(root, path));
  for (const path of files.keys()) {
    if (LEFT_OUT.some((rule) => rule.test(path))) files.delete(path);
    else if (!PAGES.includes(path) && !TAKEN.some((rule) => rule.test(path)))
      throw new Error(`Neither taken into packages nor left out, see scripts/package-files.mjs: ${path}`);
  }
  return files;
}

/** The texts of the manifest, in every language. */
const stringFiles = () => readdirSync(root).filter((name) => name.startsWith('package.nls.'));

/** What the manifest points at with `./`, such as schemas and translations: files, and all in a folder. */
function namedByManifest() {
  const { contributes, l10n } = readManifest('.');
  const text = JSON.stringify({ contributes, l10n });
  const paths = [...text.matchAll(/"\.\/([\w./-]+)"/g)].map(([, path]) => path.replace(/\/$/, ''));
  return paths.flatMap((path) => {
    const found = statSync(join(root, path), { throwIfNoEntry: false });
    if (found === undefined) throw new Error(`package.json names ./${path}, which is not there`);
    return found.isDirectory() ? filesBelow(join(root, path)).map((name) => `${path}/${name}`) : [path];
  });
}

/** Files of an installed package that the rule takes. */
function addPackage(files, name, to, rule) {
  const from = join(root, 'node_modules', name);
  for (const path of filesBelow(from)) if (rule.test(path)) files.set(`${to}/${path}`, join(from, path));
}

/** What calls C functions: its JavaScript, and the compiled part for one system. */
function addForeign(files, compiled) {
  addPackage(
    files,
    'koffi',
    `${STAGED}/koffi`,
    /^(package\.json|index\.c?js|src\/koffi\/(index\.c?js|src\/.*\.c?js))$/,
  );
  addPackage(
    files,
    compiled,
    `${STAGED}/${compiled}`,
    /^(package\.json|[^/]+\.c?js|linux_x64\/koffi\.node)$/,
  );
}

/** The runtime as Node finds it from dist/: its JavaScript, and the libraries of one system. */
function addRuntime(files, runtime) {
  addPackage(files, 'onnxruntime-node', RUNTIME, /^(package\.json|dist\/[^/]+\.js)$/);
  addPackage(
    files,
    'onnxruntime-common',
    RUNTIME_TYPES,
    /^(package\.json|dist\/cjs\/.*(\.js|package\.json))$/,
  );
  const libraries = join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', runtime);
  for (const name of filesBelow(libraries))
    if (!SECOND_NAME.test(name))
      files.set(`${RUNTIME}/bin/napi-v6/${runtime}/${name}`, join(libraries, name));
}

/**
 * Relative paths with forward slashes, in the same order on any system.
 * @param {string} folder
 */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
