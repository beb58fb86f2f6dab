// Builds packages as `npm run package` does, once a run of tests, into a folder that goes afterwards.

import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from '../../server/file-lock.ts';
import { version } from '../../server/version.ts';

export const root = join(import.meta.dirname, '..', '..');
const builder = join(root, 'scripts', 'package-build.mjs');

/** What the tests look at, made together: all of it comes from the same bundles. */
const TESTED = ['linux-x64', 'darwin-x64', 'npm'];

export const fileOf = (name: string) =>
  name === 'npm' ? `verbatim-study-${version}.tgz` : `verbatim-${name}-${version}.vsix`;

/** Puts packages into the folder, which may be those that another file of this run has built. */
export async function buildPackages(folder: string, ...names: readonly string[]): Promise<void> {
  const shared = await sharedPackages(names);
  if (shared === undefined) return buildAnew(folder, ...names);
  mkdirSync(folder, { recursive: true });
  for (const name of names) copyFileSync(join(shared, fileOf(name)), join(folder, fileOf(name)));
}

export async function buildAnew(folder: string, ...names: readonly string[]): Promise<void> {
  await build('--out', folder, ...names);
}

/** The files of every package. */
export async function listPackages(): Promise<Readonly<Record<string, readonly string[]>>> {
  const shared = await sharedPackages([]);
  return JSON.parse(
    shared === undefined ? await build('--list') : readFileSync(join(shared, 'lists.json'), 'utf8'),
  );
}

/** Their folder in this run of tests; undefined where files are run by themselves, or want others. */
async function sharedPackages(names: readonly string[]): Promise<string | undefined> {
  const shared = process.env.VERBATIM_TEST_RUN;
  if (shared === undefined || names.some((name) => !TESTED.includes(name))) return undefined;
  const folder = join(shared, 'packages');
  for (;;) {
    using lock = tryLock(folder);
    if (lock === undefined) {
      await delay(200);
      continue;
    }
    if (existsSync(folder)) return folder;
    const unfinished = join(shared, 'unfinished');
    const lists = await build('--out', unfinished, '--list', ...TESTED);
    writeFileSync(join(unfinished, 'lists.json'), lists);
    renameSync(unfinished, folder);
    return folder;
  }
}

async function build(...options: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [builder, ...options]);
  return stdout;
}

/** A folder that no package around it reaches into: Node looks for packages in every folder above. */
export function lonelyFolder(): string {
  const base = [tmpdir(), '/var/tmp', homedir()].find((folder) => existsSync(folder) && isLonely(folder));
  if (base === undefined) throw new Error('Every place for temporary files has packages above it.');
  const folder = mkdtempSync(join(base, 'verbatim-lonely-'));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

function isLonely(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules'))) return false;
  return dirname(folder) === folder || isLonely(dirname(folder));
}
