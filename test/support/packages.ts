// Builds packages as `npm run package` does, once a process of tests, into a folder that goes afterwards.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '..', '..');
const builder = join(root, 'scripts', 'package-build.mjs');

export async function buildPackages(folder: string, ...names: readonly string[]): Promise<void> {
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
