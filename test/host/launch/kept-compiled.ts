// Keeps what Chromium has fetched and compiled of VS Code's own program, which the next start so need not do: half of what
// a window takes. Of a profile nothing else outlives its window, so that no test meets what another one left.

import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/** Goes with the packages that were compiled. */
const KEPT = join(import.meta.dirname, '..', 'node_modules', '.chromium');
/** Below a profile: what was fetched, and what was compiled, which is believed only beside the former. */
const FETCHED = join('Default', 'Cache', 'Cache_Data');
const COMPILED = join('Default', 'Code Cache');
/** Files of an editor's program never change: their address names the release. An entry begins with its address. */
const PROGRAM = /\/stable-[0-9a-f]+\/static\//;
const ADDRESS_BYTES = 512;
/** The workbench alone takes twice as much: a window that did not come so far leaves less. */
const ENOUGH_BYTES = 6_000_000;

/** Who compiles: another program, or other arguments, would not believe it. */
export interface Compiler {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** Puts what is kept into a profile that is about to be used; nothing where nothing is. */
export function takeCompiled(profile: string, compiler: Compiler): void {
  const kept = folderOf(compiler);
  if (existsSync(kept)) cpSync(kept, profile, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Keeps it when nothing is kept yet. Its Chromium has ended. Several may do it at once, and one of them is heeded. */
export function keepCompiled(profile: string, compiler: Compiler): void {
  const kept = folderOf(compiler);
  if (existsSync(kept) || largestIn(join(profile, COMPILED, 'js')) < ENOUGH_BYTES) return;
  mkdirSync(KEPT, { recursive: true });
  const made = mkdtempSync(join(KEPT, 'new-'));
  try {
    cpSync(join(profile, COMPILED), join(made, COMPILED), { recursive: true });
    mkdirSync(join(made, FETCHED), { recursive: true });
    for (const name of readdirSync(join(profile, FETCHED))) {
      const file = join(profile, FETCHED, name);
      if (statSync(file).isFile() && PROGRAM.test(beginningOf(file)))
        copyFileSync(file, join(made, FETCHED, name));
    }
    renameSync(made, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function folderOf({ program, arguments: given }: Compiler): string {
  const stats = statSync(program, { throwIfNoEntry: false }); // A script on Debian, made with each release.
  const hash = createHash('sha256').update(JSON.stringify([program, stats?.size, stats?.mtimeMs, given]));
  return join(KEPT, hash.digest('hex').slice(0, 16));
}

function largestIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name)).size));
}

function beginningOf(file: string): string {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  const handle = openSync(file, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}
