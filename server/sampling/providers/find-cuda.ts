// Finds what there is of CUDA on this system: the driver, Verbatim's libraries for it, and those that they need. It
// only looks: it starts nothing and changes nothing.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceSearch, FoundDevice } from './device-system.ts';
import { cudaFolder, readInstalled, runtimeIn } from './provider-folder.ts';

export function findCuda(environment: NodeJS.ProcessEnv = process.env): DeviceSearch {
  const missing = (reason: string, action: string): DeviceSearch => ({ kind: 'missing', reason, action });
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return missing('CUDA is for Linux on x64 here', 'Use the provider webgpu, which needs no installation.');
  }
  if (!DRIVER_SIGNS.some((path) => existsSync(path))) {
    return missing('no NVIDIA driver is loaded', 'On a machine with an NVIDIA card, install its driver.');
  }
  const folder = environment.VERBATIM_CUDA_PROVIDER || cudaFolder();
  const installed = readInstalled(folder);
  if (installed === null) {
    return missing("CUDA's provider is not installed", 'Run: verbatim providers install cuda');
  }
  const { folders, absent } = findLibraries(installed.needs, environment);
  if (absent.length > 0) {
    return missing(
      `${absent.join(', ')} not found`,
      'Install CUDA and cuDNN of that version, or set VERBATIM_CUDA_LIBRARIES to the folders that hold them, colons between.',
    );
  }
  const system = { provider: 'cuda', runtimeFolder: runtimeIn(folder), libraryFolders: folders } as const;
  return { kind: 'found', system, devices: listDevices() };
}

const DRIVER_SIGNS = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];

/** Folders that hold the libraries, without those that the loader knows anyway. */
function findLibraries(
  needs: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly folders: readonly string[]; readonly absent: readonly string[] } {
  const known =
    spawnSync('ldconfig', ['-p'], { encoding: 'utf8', env: withSystemPath(environment) }).stdout ?? '';
  const given = splitPaths(environment.LD_LIBRARY_PATH);
  const candidates = [...splitPaths(environment.VERBATIM_CUDA_LIBRARIES), ...toolkitFolders(environment)];
  const folders = new Set<string>();
  const absent: string[] = [];
  for (const name of needs) {
    if (known.includes(`${name} `) || given.some((folder) => existsSync(join(folder, name)))) continue;
    const folder = candidates.find((candidate) => existsSync(join(candidate, name)));
    if (folder === undefined) absent.push(name);
    else folders.add(folder);
  }
  // cuDNN is opened later, by name: where it lies beside the others, the loader must know it too.
  for (const folder of candidates) if (existsSync(join(folder, 'libcudnn.so.9'))) folders.add(folder);
  return { folders: [...folders], absent };
}

const splitPaths = (paths: string | undefined) => (paths ?? '').split(':').filter((path) => path !== '');

/** ldconfig lies where an ordinary user's path does not lead. */
const withSystemPath = (environment: NodeJS.ProcessEnv) => ({
  ...environment,
  PATH: `${environment.PATH ?? ''}:/sbin:/usr/sbin`,
});

/** CUDA's own folders, and those of Python's packages that carry its libraries. */
function toolkitFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const toolkits = ['/usr/local', '/opt'].flatMap((root) =>
    list(root, /^cuda/).flatMap((folder) => [
      join(folder, 'lib64'),
      join(folder, 'targets/x86_64-linux/lib'),
    ]),
  );
  const prefixes = [
    environment.VIRTUAL_ENV,
    environment.CONDA_PREFIX,
    environment.CUDA_HOME,
    pythonPrefix(environment),
  ];
  const packages = prefixes
    .filter((prefix) => prefix !== undefined && prefix !== '')
    .flatMap((prefix) => [
      join(prefix!, 'lib64'),
      join(prefix!, 'lib'),
      ...list(join(prefix!, 'lib'), /^python3/).flatMap((python) =>
        list(join(python, 'site-packages', 'nvidia'), /^/).map((folder) => join(folder, 'lib')),
      ),
    ]);
  return [...toolkits, ...packages];
}

function pythonPrefix(environment: NodeJS.ProcessEnv): string | undefined {
  const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.prefix)'], {
    encoding: 'utf8',
    env: environment,
    timeout: 5000,
  });
  return stdout?.trim() || undefined;
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

/** The devices that the driver's own tool lists; where it does not answer, one of modest size is assumed. */
function listDevices(): readonly FoundDevice[] {
  const query = ['--query-gpu=name,memory.free', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000 });
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
