// What of CUDA is on this system: the driver, and the libraries that sampling needs. Looks, starts nothing of it,
// changes nothing.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { findProgram } from '../../../guard/paths/find-program.ts';
import { CUDA_MAJORS, type CudaMajor, librariesOf, majorsOfDriver } from './cuda-libraries.ts';
import type { DeviceSearch, FoundDevice } from './device-system.ts';
import { cudaFolder, readInstalled } from './provider-folder.ts';

export function findCuda(environment: NodeJS.ProcessEnv = process.env): DeviceSearch {
  const missing = (reason: string, action: string): DeviceSearch => ({ kind: 'missing', reason, action });
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return missing('CUDA is for Linux on x64 here', 'Use the provider webgpu, which needs no installation.');
  }
  if (!DRIVER_SIGNS.some((path) => existsSync(path))) {
    return missing('no NVIDIA driver is loaded', 'On a machine with an NVIDIA card, install its driver.');
  }
  const version = driverVersion();
  const majors = majorsOfDriver(version);
  if (majors.length === 0) {
    return missing(`the NVIDIA driver ${version} is too old`, 'Install version 525 or later.');
  }
  const folders = findLibraries(majors, environment);
  if (folders === null) {
    const { compiler, products } = librariesOf(majors[0]!);
    return missing(
      `${compiler} and ${products} were not found`,
      'Run: verbatim providers install cuda. Or set VERBATIM_CUDA_LIBRARIES to the folders that hold them, colons between.',
    );
  }
  return {
    kind: 'found',
    system: { provider: 'cuda', libraryFolders: folders },
    devices: listDevices(),
  };
}

const DRIVER_SIGNS = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];

/** The version of the driver, as in `580.95.05`; null where the kernel does not tell. */
export function driverVersion(file = '/proc/driver/nvidia/version'): string | null {
  try {
    return /NVIDIA.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(readFileSync(file, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Folders that hold both libraries of one major, those that the loader knows anyway left out; null where none does. */
function findLibraries(
  majors: readonly CudaMajor[],
  environment: NodeJS.ProcessEnv,
): readonly string[] | null {
  const known = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  const given = splitPaths(environment.LD_LIBRARY_PATH);
  const installed = environment.VERBATIM_CUDA_PROVIDER || cudaFolder();
  const candidates = [
    ...splitPaths(environment.VERBATIM_CUDA_LIBRARIES),
    ...(readInstalled(installed) === null ? [] : [installed]),
    ...toolkitFolders(environment),
  ];
  for (const major of majors) {
    const folders = new Set<string>();
    const isThere = Object.values(librariesOf(major)).every((name) => {
      if (known.includes(`${name} `) || given.some((folder) => existsSync(join(folder, name)))) return true;
      const folder = candidates.find((candidate) => existsSync(join(candidate, name)));
      if (folder !== undefined) folders.add(folder);
      return folder !== undefined;
    });
    if (isThere) return [...folders];
  }
  return null;
}

/** Relative folders would depend on where Verbatim was started. */
const splitPaths = (paths: string | undefined) =>
  (paths ?? '').split(delimiter).filter((path) => isAbsolute(path));

/** CUDA's own folders, and those of Python's environments whose packages carry its libraries. */
function toolkitFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const toolkits = ['/usr/local', '/opt'].flatMap((root) =>
    list(root, /^cuda/).flatMap((folder) => [
      join(folder, 'lib64'),
      join(folder, 'targets/x86_64-linux/lib'),
    ]),
  );
  const prefixes = [environment.VIRTUAL_ENV, environment.CONDA_PREFIX, environment.CUDA_HOME];
  const packages = prefixes
    .filter((prefix) => prefix !== undefined && isAbsolute(prefix))
    .flatMap((prefix) => [
      join(prefix!, 'lib64'),
      join(prefix!, 'lib'),
      ...list(join(prefix!, 'lib'), /^python3/).flatMap((python) => {
        const packages = join(python, 'site-packages', 'nvidia');
        return [
          ...CUDA_MAJORS.map((major) => join(packages, `cu${major}`, 'lib')),
          ...list(packages, /^(cublas|cuda_nvrtc)$/).map((folder) => join(folder, 'lib')),
        ];
      }),
    ]);
  return [...toolkits, ...packages];
}

function list(folder: string, pattern: RegExp): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Devices that the driver's own tool tells of; where there is none, or it may not tell, one of modest size is assumed. */
function listDevices(): readonly FoundDevice[] {
  const query = ['--query-gpu=name,memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync(findProgram('nvidia-smi'), query, { encoding: 'utf8', timeout: 10_000 });
  const lines = (stdout ?? '').split('\n').filter((line) => line.includes(','));
  const devices = lines.map((line) => {
    const [name = '', mebibytes = '0'] = line.split(',').map((part) => part.trim());
    return { name, freeBytes: (Number(mebibytes) || MODEST_MEBIBYTES) * 2 ** 20 };
  });
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  const shown = visible === undefined ? devices : devices.slice(0, splitVisible(visible).length);
  return shown.length > 0 ? shown : [{ name: 'unknown', freeBytes: MODEST_MEBIBYTES * 2 ** 20 }];
}

const MODEST_MEBIBYTES = 8 * 1024;

const splitVisible = (list: string) => list.split(',').filter((id) => id.trim() !== '');
