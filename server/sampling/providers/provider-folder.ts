// Where the libraries of providers that do not come along are kept: a copy of the runtime's package with them
// beside it, since the runtime looks for them beside itself alone. One folder a version of the runtime.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export const CUDA_LIBRARIES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/** Written last: a folder without it is not finished. */
export interface InstalledProvider {
  readonly runtimeVersion: string;
  /** Where the libraries came from, as the user would name it. */
  readonly source: string;
  /** SHA-256 of each library, in hex. */
  readonly digests: Readonly<Record<string, string>>;
  /** Names of the libraries that the provider itself needs from CUDA. */
  readonly needs: readonly string[];
}

export const runtimeVersion = (): string => readManifest(bundledRuntime()).version;

/** The runtime's package that comes along. */
export const bundledRuntime = (): string =>
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

/** `VERBATIM_DATA` or the user's data folder as the system has it. */
function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { VERBATIM_DATA, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  if (VERBATIM_DATA) return VERBATIM_DATA;
  const fallback =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Application Support')
      : join(homedir(), '.local', 'share');
  return join(XDG_DATA_HOME || LOCALAPPDATA || fallback, 'verbatim');
}

export const cudaFolder = (version = runtimeVersion()): string =>
  join(dataFolder(), 'providers', `cuda-${version}`);

/** The copy of the runtime's package in a provider's folder. */
export const runtimeIn = (folder: string): string => join(folder, 'node_modules', 'onnxruntime-node');

/** Where a package's libraries lie inside it. */
export const binariesIn = (packageFolder: string): string =>
  join(packageFolder, 'bin', 'napi-v6', process.platform, process.arch);

export function readInstalled(folder: string): InstalledProvider | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'provider.json'), 'utf8')) as InstalledProvider;
  } catch {
    return null;
  }
}

const readManifest = (folder: string): { readonly version: string } =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
