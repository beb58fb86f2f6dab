// Builds packages as `npm run package` does, once a run of tests, into a folder that goes afterwards.

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryLock } from '../../server/file-lock.ts';
import { version } from '../../server/version.ts';

export const root = join(import.meta.dirname, '..', '..');
const builder = join(root, 'scripts', 'package-build.mjs');

/** Packages of systems may be those that another file of this run has built. */
export async function buildPackages(folder: string, ...targets: readonly string[]): Promise<void> {
  const shared = process.env.VERBATIM_TEST_RUN;
  if (shared === undefined) return buildAnew(folder, ...targets);
  for (;;) {
    using lock = tryLock(join(shared, 'packages'));
    if (lock !== undefined) {
      await addMissing(shared, targets);
      break;
    }
    await delay(200);
  }
  mkdirSync(folder, { recursive: true });
  for (const target of targets) copyFileSync(join(shared, fileOf(target)), join(folder, fileOf(target)));
}

const fileOf = (target: string) => `verbatim-${target}-${version}.vsix`;

async function addMissing(shared: string, targets: readonly string[]): Promise<void> {
  const missing = targets.filter((target) => !existsSync(join(shared, fileOf(target))));
  if (missing.length === 0) return;
  const unfinished = join(shared, 'unfinished');
  await buildAnew(unfinished, ...missing);
  for (const target of missing) renameSync(join(unfinished, fileOf(target)), join(shared, fileOf(target)));
}

export async function buildAnew(folder: string, ...names: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [builder, '--out', folder, ...names]);
}

/** What would go in, without building it. */
export async function listPackages(
  ...names: readonly string[]
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [builder, '--list', ...names]);
  return JSON.parse(stdout);
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
