/**
 * Which packages make the demo corpus, which of their folders hold sources, and who wrote them.
 *
 * The versions are pinned in corpus/package.json and its lockfile; this file says only where, inside each
 * package, the code is that a person wrote. Most packages carry it a second time as a build (`dist`, `cjs`,
 * `umd`), and those copies would drown the duplication that real projects have.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CorpusPackage {
  readonly name: string;
  readonly version: string;
  /** `owner/name` on the code host where one is given, else the package's name. */
  readonly repository: string;
  /** SPDX id, lower-cased as codeparrot-clean has it. */
  readonly license: string;
  readonly licenseText: string;
  readonly folder: string;
  readonly sources: readonly string[];
}

/** Folders to read, relative to the package. `.` is the package's root without its folders. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  async: ['.', 'internal'],
  bluebird: ['js/release'],
  commander: ['lib'],
  'd3-array': ['src'],
  'd3-geo': ['src'],
  'd3-scale': ['src'],
  'd3-shape': ['src'],
  'date-fns': [
    '.',
    '_lib',
    'parse',
    'locale/en-US',
    'locale/en-GB',
    'locale/de',
    'locale/de-AT',
    'locale/fr',
  ],
  events: ['.', 'tests'],
  express: ['lib'],
  handlebars: ['lib'],
  immer: ['src'],
  knex: ['lib'],
  lodash: ['.'],
  'lodash.clonedeep': ['.'],
  'lodash.isequal': ['.'],
  'lodash.merge': ['.'],
  mocha: ['lib'],
  'path-browserify': ['.', 'test'],
  ramda: ['src'],
  'readable-stream': ['lib'],
  redux: ['src'],
  rxjs: ['src'],
  send: ['.'],
  'serve-static': ['.'],
  'stream-browserify': ['.'],
  string_decoder: ['lib'],
  underscore: ['modules'],
  util: ['.', 'support'],
  validator: ['es'],
  zod: ['src'],
};

/** The packages in the corpus's order: by name, in code units, so that no locale can change it. */
export const packageNames: readonly string[] = Object.keys(SOURCES).sort();

/** Reads what an installed package says of itself. Throws if it gives no licence or carries no licence text. */
export function readPackage(modulesDir: string, name: string): CorpusPackage {
  const folder = join(modulesDir, ...name.split('/'));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const licenseFile = readdirSync(folder)
    .sort()
    .find((file) => /^licen[cs]e/i.test(file));
  if (typeof manifest.license !== 'string' || licenseFile === undefined) {
    throw new Error(`The package ${name} in ${folder} names no licence or carries no licence text.`);
  }
  return {
    name,
    version: String(manifest.version),
    repository: repositoryOf(manifest.repository) ?? name,
    license: manifest.license.toLowerCase(),
    licenseText: readFileSync(join(folder, licenseFile), 'utf8'),
    folder,
    sources: SOURCES[name] ?? [],
  };
}

/** package.json may give a URL, an scp-like address or a shorthand; the last two path parts name the repository. */
function repositoryOf(field: unknown): string | undefined {
  const address = typeof field === 'string' ? field : (field as { url?: unknown } | undefined)?.url;
  if (typeof address !== 'string') {
    return undefined;
  }
  return /([^/:]+\/[^/:]+?)(?:\.git)?(?:#.*)?$/.exec(address)?.[1];
}
