// Builds dist/scan-kernel.wasm from server/kernel/wasm/ when these sources, the compiler or the flags changed.
// The same input gives the same bytes.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '../..');
const sources = join(import.meta.dirname, 'wasm');
const output = join(root, 'dist/scan-kernel.wasm');
const stamp = join(root, '.cache/scan-kernel.sha256');

const flags = [
  ['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--enable', 'simd,threads'],
  ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
].flat();

/** Throws with the compiler's own words when the source is wrong. */
export async function buildKernel() {
  const wanted = digestSources();
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted + digest(output))
    return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  mkdirSync(join(root, '.cache'), { recursive: true });
  // Several test processes may build at once: each writes its own file and moves it into place.
  const draft = `${output}.${process.pid}`;
  const { error, stderr } = await asc.main(['server/kernel/wasm/kernel.ts', '-o', draft, ...flags], {
    readFile: (name, folder) => readIfThere(join(folder.startsWith('/') ? folder : join(root, folder), name)),
    writeFile: (name, contents) => writeFileSync(name, contents),
  });
  if (error) {
    rmSync(draft, { force: true });
    throw new Error(`The scan kernel does not compile: ${error.message}\n${stderr.toString()}`);
  }
  renameSync(draft, output);
  writeFileSync(stamp, wanted + digest(output));
}

function digestSources() {
  const hash = createHash('sha256').update(JSON.stringify([asc.version, flags]));
  for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.digest('hex');
}

const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

if (import.meta.filename === process.argv[1]) await buildKernel();
