// Names the folders of providers whose libraries do not come with Verbatim. Each holds a copy of the runtime's package
// with those libraries inside, since the runtime looks for them beside itself alone: a folder a version of the runtime.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export const CUDA_LIBRARIES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/** What provider.json says of a folder. It is written last: a folder without it is not finished. */
export interface InstalledProvider {
  readonly runtimeVersion: string;
  /** The place that the libraries came from, in the words that a user would name it with. */
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

/** The folder of a runtime package's libraries for this system. */
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
