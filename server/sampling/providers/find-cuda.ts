// What of CUDA is on this system: the driver, and the libraries that sampling needs. Looks, starts nothing of it,
// changes nothing.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { findProgram } from '../../../guard/paths/find-program.ts';
import { CUDA_MAJORS, type CudaMajor, librariesOf, majorsOfDriver } from './cuda-libraries.ts';
import type { DeviceSearch } from './device-system.ts';
import { cudaFolder, readInstalled } from './provider-folder.ts';
import { type Card, readCards, unknownCard, visibleCards } from './visible-cards.ts';

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
  const { CUDA_VISIBLE_DEVICES: given } = environment;
  const listed = listCards();
  const cards = given === undefined && listed.length === 0 ? [undefined] : visibleCards(listed, given);
  if (cards.length === 0) return missing(NO_CARD, ASK_FOR_ONE);
  const devices = cards.map((card) => card ?? unknownCard);
  return { kind: 'found', system: { provider: 'cuda', libraryFolders: folders }, devices };
}

const NO_CARD = 'CUDA_VISIBLE_DEVICES leaves this process no card';
const ASK_FOR_ONE = 'In a job of Slurm, ask for a card, such as with --sbatch-model "--gres=gpu:1".';

/** Why a library that knows nothing of CUDA_VISIBLE_DEVICES, and takes the first card there is, would take another than was given; undefined where it would not. */
export function otherFirstCard(
  environment: NodeJS.ProcessEnv = process.env,
): Pick<Extract<DeviceSearch, { kind: 'missing' }>, 'reason' | 'action'> | undefined {
  const variable = environment.CUDA_VISIBLE_DEVICES;
  if (variable === undefined || !existsSync('/dev/nvidiactl')) return undefined;
  const cards = listCards();
  const [first] = cards;
  const visible = visibleCards(cards, variable);
  if (visible.length === 0) return { reason: NO_CARD, action: ASK_FOR_ONE };
  if (first === undefined || visible[0] === undefined || visible[0] === first) return undefined;
  return {
    reason: `it would take card ${first.index}, and CUDA_VISIBLE_DEVICES gives this process card ${visible[0].index}`,
    action: 'Use the provider cuda: verbatim providers install cuda.',
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

/** Cards that the driver's own tool tells of: none where there is no tool, or it may not tell. */
function listCards(): readonly Card[] {
  const query = ['--query-gpu=index,uuid,name,memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync(findProgram('nvidia-smi'), query, { encoding: 'utf8', timeout: 10_000 });
  return readCards(stdout ?? '');
}
