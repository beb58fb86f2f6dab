// Origins of the packages of others, what they may run, and what is written about them.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { bundle } from '../../../esbuild.mjs';
import manifest from '../../../package.json' with { type: 'json' };
import { NODE_VERSION, refuseNode } from '../../../scripts/check-node.mjs';
import { notices } from '../../../scripts/notices.mjs';
import { bundledPackages, checkExternals } from '../../../scripts/package-bundled.mjs';
import { filesBelow } from '../../../scripts/package-files.mjs';
import { sbom } from '../../../scripts/sbom.mjs';
import { scratchFolder } from '../../support/scratch.ts';

const require = createRequire(import.meta.url);
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const bundles = join(scratchFolder(), 'a');
let once: ReturnType<typeof bundle> | undefined;
/** What esbuild says of the bundles, which are made there when somebody first asks. */
const bundled = () => (once ??= bundle(bundles));

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', '..', '..', path), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('the lockfile pins every package by its content', () => {
  assert(locked.length > 100);
  for (const [path, { integrity, resolved }] of locked) {
    assert.equal(resolved, undefined, `${path} is bound to a place`);
    // The linter's builds for systems that it was not installed on.
    if (integrity === undefined) assert.match(path, /^node_modules\/@biomejs\/cli-/);
    else assert.match(integrity, /^sha512-/, path);
  }
});

test('the Node that everything runs on is the one that was looked at, and another one is refused', () => {
  assert.equal(manifest.devDependencies.node, NODE_VERSION);
  assert.equal(refuseNode(join(import.meta.dirname, '../../../node_modules/node/bin/node')), undefined);
  const other = join(scratchFolder(), 'node');
  writeFileSync(other, 'something else');
  assert.match(refuseNode(other)!, /hashes to/);
  assert.match(refuseNode(other, 'plan9-x64')!, /nobody has noted/);
});

test('the lockfile is that of the manifest', () => {
  const { dependencies, devDependencies } = lock.packages[''] as unknown as typeof manifest;
  assert.deepEqual(
    { dependencies, devDependencies },
    {
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    },
  );
});

test('the manifest asks for exact versions', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
});

test('every install script is allowed or refused by name, and no name is stale', () => {
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  assert.deepEqual(Object.keys(manifest.allowScripts).sort(), [...new Set(scripted)].sort());
  const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);
  assert.deepEqual(allowed.map(([name]) => name).sort(), ['esbuild', 'node']);
});

test('set-up installs from the lockfile only', () => {
  const setup = read('scripts/setup.mjs');
  assert.match(setup, /\['ci', /);
  assert.doesNotMatch(setup, /\['(install|i|add|update)'/);
});

test('two bundlings give the same bytes, and need nothing that is not in the package', async () => {
  const folders = [bundles, join(scratchFolder(), 'deeper', 'b')] as const;
  const metafiles = await bundled();
  await bundle(folders[1]);
  const files = filesBelow(folders[0]);
  assert(files.length >= 5);
  assert.deepEqual(filesBelow(folders[1]), files);
  for (const file of files) {
    const [a, b] = folders.map((folder) => readFileSync(join(folder, file)));
    assert(a && b?.equals(a), `${file} differs`);
  }
  checkExternals(metafiles);
});

test('an import that no package brings stops the packaging', () => {
  const importing = (path: string) => {
    const imports = [{ path, external: true, kind: 'import-statement' as const }];
    const output = { imports, inputs: {}, bytes: 0, exports: [] };
    return [
      { inputs: {}, outputs: { 'dist/server.js': output, 'dist/later.cjs': { ...output, imports: [] } } },
    ];
  };
  assert.throws(() => checkExternals(importing('left-pad')), /dist\/server\.js imports left-pad/);
  assert.throws(() => checkExternals(importing('./never.cjs')), /imports \.\/never\.cjs/);
  checkExternals(importing('./later.cjs'));
});

test('notices and bill of materials name the same packages, those in the bundles, and stay the same', async () => {
  const packages = bundledPackages(await bundled());
  assert(packages.includes('node_modules/commander'));
  assert(!packages.includes('node_modules/typescript'));
  const time = 1_767_225_600;
  const bill = sbom(packages, time);
  assert.equal(sbom(packages, time), bill);
  const { bomFormat, specVersion, serialNumber, components, dependencies, metadata } = JSON.parse(bill);
  assert.equal(bomFormat, 'CycloneDX');
  assert.match(specVersion, /^1\.\d$/);
  assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(metadata.timestamp, '2026-01-01T00:00:00.000Z');
  const ofType = (wanted: string) => components.filter(({ type }: Component) => type === wanted);
  assert.equal(ofType('library').length, packages.length);
  assert.equal(components.length, packages.length + ofType('data').length + 1);
  const refs = new Set<string>(components.map((component: Component) => component['bom-ref']));
  for (const { type, purl, licenses, hashes } of components) {
    assert(licenses?.length > 0);
    if (type !== 'machine-learning-model') assert(/^pkg:npm\//.test(purl) && hashes?.length > 0, purl);
  }
  for (const { ref, dependsOn } of dependencies.slice(1))
    for (const to of [ref, ...dependsOn]) assert(refs.has(to), to);
  const text = await notices(packages);
  const titles = [...text.matchAll(/^=+\n(\S+ \S+) \(\S.*\)(, training data)?$/gm)];
  assert.deepEqual(
    titles
      .filter(([, , data]) => !data)
      .map(([, title]) => title)
      .sort(),
    titlesOf(ofType('library')),
  );
  assert.deepEqual(
    titles
      .filter(([, , data]) => data)
      .map(([, title]) => title)
      .sort(),
    titlesOf(ofType('data')),
  );
});

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
}

const titlesOf = (components: readonly Component[]) =>
  components.map(({ name, version }) => `${name} ${version}`).sort();

test('the bill of materials names the demo’s model and all that it was trained on', () => {
  const { components, dependencies } = JSON.parse(sbom(['node_modules/commander'], 0));
  const corpus = JSON.parse(read('dist/demo-corpus/manifest.json')).packages as readonly Component[];
  assert(corpus.length >= 30);
  const data = components.filter(({ type }: Component) => type === 'data');
  assert.deepEqual(titlesOf(data), titlesOf(corpus));
  const trained = dependencies.find(({ ref }: { ref: string }) => ref === 'demo-model');
  assert.deepEqual(trained.dependsOn.sort(), data.map((component: Component) => component['bom-ref']).sort());
});

test('the bill of materials is one by the schema that CycloneDX publishes', () => {
  const schemas = join(
    dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')),
    'res',
    'schema',
  );
  const schema = (name: string) =>
    JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  // The two that ajv-formats lacks; npm writes neither.
  ajv.addFormat('iri-reference', true).addFormat('idn-email', true);
  for (const name of ['spdx', 'jsf-0.82'])
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const bill: { readonly specVersion: string } = JSON.parse(
    sbom(['node_modules/commander', 'node_modules/onnxruntime-node'], 0),
  );
  const isValid = ajv.compile(schema(`bom-${bill.specVersion}`));
  assert(isValid(bill), JSON.stringify(isValid.errors));
  assert(!isValid({ ...bill, components: [{ type: 'thing', name: 'x' }] }));
});

test('a licence that nobody decided on stops the packaging', async () => {
  // A tool's helper under terms of its own, which is never distributed.
  await assert.rejects(notices(['node_modules/@vscode/vsce-sign']), /vsce-sign .* may Verbatim ship it\?/);
});
