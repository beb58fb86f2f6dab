// The bill of materials, in CycloneDX: what npm says about the locked packages, cut down to those that are
// distributed, and the demo's model with the packages that it was trained on. The same sources give the same
// bytes, so its serial number is a digest and its time is given.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readManifest } from './package-bundled.mjs';
import { demoPackages } from './package-demo.mjs';
import { NPM_NAME } from './package-manifests.mjs';
import { root } from './setup.mjs';

/**
 * `folders` are those of the distributed packages, relative to the root.
 * @param {readonly string[]} folders
 * @param {number} seconds since 1970
 */
export function sbom(folders, seconds) {
  const all = lockedPackages();
  const { name, version, description } = readManifest('.');
  const own = `${name}@${version}`;
  const shipped = new Set(folders.map((folder) => readManifest(folder)).map((m) => `${m.name}@${m.version}`));
  const components = all.components.filter((component) => shipped.has(component['bom-ref'])).map(asShipped);
  const missing = [...shipped].filter((ref) => !components.some((c) => c['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`Not in the lockfile: ${missing.join(', ')}`);
  const demo = demoComponents(version);
  const bom = {
    $schema: all.$schema,
    bomFormat: all.bomFormat,
    specVersion: all.specVersion,
    version: 1,
    metadata: {
      timestamp: new Date(seconds * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': own,
        type: 'application',
        name,
        version,
        description,
        purl: `pkg:npm/${NPM_NAME}@${version}`,
        licenses: [{ license: { id: 'MIT' } }],
      },
    },
    components: [...components, ...demo],
    dependencies: [
      { ref: own, dependsOn: [...shipped, DEMO_MODEL].sort() },
      { ref: DEMO_MODEL, dependsOn: demo.map((c) => c['bom-ref']).filter((ref) => ref !== DEMO_MODEL) },
      ...all.dependencies
        .filter(({ ref }) => shipped.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => shipped.has(to)) })),
    ],
  };
  return `${JSON.stringify({ ...bom, serialNumber: serialNumber(bom) }, null, 2)}\n`;
}

const DEMO_MODEL = 'demo-model';

/** The model of the demo, and its training data: files of packages that never run. */
function demoComponents(version) {
  const data = demoPackages().map(({ name, version, repository, license, sha512 }) => ({
    'bom-ref': `demo-corpus/${name}@${version}`,
    type: 'data',
    name,
    version,
    description: `Sources of ${repository}: training data of the demo`,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    licenses: [{ license: { id: license } }],
  }));
  const model = {
    'bom-ref': DEMO_MODEL,
    type: 'machine-learning-model',
    name: 'demo-model',
    version,
    description: 'A small GPT-2, trained from scratch to memorise its training data',
    licenses: [
      { license: { name: 'MIT; the weights reproduce parts of the training data, under their licences' } },
    ],
  };
  return [model, ...data];
}

/** npm calls what is bundled a development dependency. */
function asShipped({ properties = [], ...component }) {
  const kept = properties.filter(({ name }) => name !== 'cdx:npm:package:development');
  return { ...component, scope: 'required', ...(kept.length > 0 ? { properties: kept } : {}) };
}

function lockedPackages() {
  const { status, stdout, stderr, error } = spawnSync(
    'npm',
    ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1e9, shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`npm sbom failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout);
}

/** A UUID made of the content's digest. */
function serialNumber(bom) {
  const hex = createHash('sha256').update(JSON.stringify(bom)).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
