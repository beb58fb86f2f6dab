// What the demo in the packages is made of: the packages of others whose files are its training data.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';

const require = createRequire(import.meta.url);
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** `sha512` is that of the package as it is published, in base64. */
export function demoPackages() {
  const { packages } = readJson('dist/demo-corpus/manifest.json');
  const locked = readJson('demo/corpus/package-lock.json').packages;
  return packages.map(({ name, version, repository, license }) => {
    const { integrity } = locked[`node_modules/${name}`];
    return { name, version, repository, license: spdxId(license), sha512: integrity.replace('sha512-', '') };
  });
}

/** Path of the package's licence, from the root of the sources. */
export const demoLicenseFile = (name) => `dist/demo-corpus/licenses/${name.replace('/', '-')}.txt`;

/** Data sets write licences in lower case. */
function spdxId(license) {
  const id = Object.keys(require('spdx-license-list')).find((id) => id.toLowerCase() === license);
  if (id === undefined)
    throw new Error(`The demo's training data are under ${license}, which SPDX does not list`);
  return id;
}
