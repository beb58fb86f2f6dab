// The notices of everybody whose code is in the packages. license-checker finds the licences and their texts;
// here they are checked against what Verbatim may ship, and laid out.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { readManifest } from './package-bundled.mjs';
import { demoLicenseFile, demoPackages } from './package-demo.mjs';
import { root } from './setup.mjs';

const require = createRequire(import.meta.url);

/** Licences that ask for no more than their notice (CC-BY: a list of SPDX). Another needs a decision. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'WTFPL',
  'Zlib',
];

/** Packages without a licence file, whose sources name another holder than their manifest. */
const HOLDERS = {
  'onnxruntime-node': 'Copyright (c) Microsoft Corporation',
  'onnxruntime-common': 'Copyright (c) Microsoft Corporation',
  'spdx-exceptions': 'The SPDX exceptions list, by the Linux Foundation and its contributors',
};

/**
 * `folders` are those of the distributed packages, relative to the root.
 * @param {readonly string[]} folders
 */
export async function notices(folders) {
  const found = await findLicenses();
  const entries = folders.map((folder) => noticeOf(folder, found.get(join(root, folder))));
  entries.sort(byTitle);
  return [
    'Third-party notices',
    '',
    'Verbatim contains code of the packages below, each under its own licence.',
    '',
    ...entries.flatMap(laidOut),
    'Training data of the demo',
    '',
    'The demo contains files of the packages below, as data that its model was trained on and that studies are',
    'compared with, each under its own licence. None of it is run.',
    '',
    ...demoPackages().map(noticeOfDemo).sort(byTitle).flatMap(laidOut),
  ].join('\n');
}

const byTitle = (a, b) => (a.title < b.title ? -1 : 1);
const laidOut = ({ title, text }) => ['='.repeat(100), title, '='.repeat(100), '', text, ''];

function noticeOfDemo({ name, version, license }) {
  if (!PERMISSIVE.includes(license))
    throw new Error(`The demo's ${name} is under ${license}: may Verbatim ship it? See scripts/notices.mjs`);
  const text = readFileSync(join(root, demoLicenseFile(name)), 'utf8');
  return {
    title: `${name} ${version} (${license}), training data`,
    text: text.replace(/\r\n?/g, '\n').trim(),
  };
}

function noticeOf(folder, found) {
  const { name, version } = readManifest(folder);
  if (found === undefined) throw new Error(`${name}: license-checker did not find it`);
  const { licenses } = found;
  if (!isPermissive(String(licenses)))
    throw new Error(`${name} ${version} is under ${licenses}: may Verbatim ship it? See scripts/notices.mjs`);
  return { title: `${name} ${version} (${licenses})`, text: textOf(name, found) };
}

/** Whether some choice of an SPDX expression, with all that belongs to it, is permissive. */
const isPermissive = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(/ OR |,/)
    .some((choice) => choice.split(' AND ').every((license) => PERMISSIVE.includes(license.trim())));

function textOf(name, { licenses, licenseFile, licenseText, publisher }) {
  // Without a licence file, license-checker takes the read-me.
  if (licenseFile !== undefined && !/^readme/i.test(basename(licenseFile)))
    return licenseText.replace(/\r\n?/g, '\n').trim();
  const { licenseText: standard } = require(`spdx-license-list/licenses/${licenses}.json`);
  const holder = HOLDERS[name] ?? `Copyright (c) ${publisher ?? `the authors of ${name}`}`;
  const placeholder = /Copyright \(c\) <year> <.*>/i;
  if (placeholder.test(standard)) return standard.replace(placeholder, holder).trim();
  return `${holder}\n\n${standard.trim()}`;
}

/** Licences of the installed packages, keyed by folder. */
async function findLicenses() {
  const checker = require('license-checker-rseidelsohn');
  const result = await promisify(checker.init)({ start: root, customFormat: { licenseText: '' } });
  return new Map(Object.values(result).map((entry) => [entry.path, entry]));
}
