// Says whether this system can run a model at all, before anything is loaded. It knows which systems the
// inference runtime is made for, not what a session is.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';

/** The runtime's name and version, for the study's record. Throws where it does not run. */
export function findRuntime(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): string {
  const system = `${process.platform}-${process.arch}`;
  if (usesMusl()) throw missing(`a Linux without glibc (${system})`);
  const manifest = resolveOrNull(resolve, 'onnxruntime-node/package.json');
  const binding = ['bin', 'napi-v6', process.platform, process.arch, 'onnxruntime_binding.node'];
  if (manifest === null || !existsSync(join(dirname(manifest), ...binding))) throw missing(system);
  return `onnxruntime-node ${createRequire(manifest)(manifest).version}`;
}

const missing = (system: string) =>
  new EnvironmentError(`Models cannot be sampled here: Verbatim has no inference runtime for ${system}`, {
    action:
      'Scanning samples made elsewhere, reports and browsing studies work: use "verbatim scan --samples", or open a study file.',
  });

function resolveOrNull(resolve: (name: string) => string, name: string): string | null {
  try {
    return resolve(name);
  } catch {
    return null;
  }
}

/**
 * Alpine and its kin: the runtime's libraries are built against glibc. Node's own report would name what is loaded as
 * well, but asks every thread for one first: fifteen milliseconds for three of them, and for as long as one is busy.
 */
function usesMusl(): boolean {
  const loaded = '/proc/self/maps';
  if (process.platform !== 'linux' || !existsSync(loaded)) return false;
  return /\/(libc\.|ld-)musl-[^/\n]*$/m.test(readFileSync(loaded, 'utf8'));
}
