// Puts NVIDIA's libraries that sampling needs into the user's data folder: out of the Python packages that carry them,
// or out of a folder or wheels that the user has. Nothing that was installed with Verbatim is touched, and nothing is
// done before the libraries are there and checked.

import { createWriteStream } from 'node:fs';
import { cp, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { readZipDirectory, type ZipEntry } from '../weights/zip-directory.ts';
import { CUDA_MAJORS, type CudaMajor, majorsOfDriver, packagesOf } from './cuda-libraries.ts';
import { driverVersion } from './find-cuda.ts';
import { fileOfWheel, findWheel } from './package-index.ts';
import { configuredIndex } from './pip-settings.ts';
import { cudaFolder, type InstalledLibraries } from './provider-folder.ts';
import { digestFile, download } from './resume-download.ts';

interface InstallRequest {
  /** A folder with the libraries, or with the wheels that carry them; null: pip's package index. */
  readonly from: string | null;
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
}

/** Gives the folder. Throws a UserError or an EnvironmentError that names what to do. */
export async function installCuda({ from, signal, report }: InstallRequest): Promise<string> {
  const folder = cudaFolder();
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const sources =
    from === null
      ? await fetchPackages(fresh, join(dirname(folder), 'downloads'), signal, report)
      : [await takeFrom(resolve(from), fresh, report)];
  const names = await readdir(fresh);
  const digests = await Promise.all(
    names.map(async (name) => [name, await digestFile(join(fresh, name))] as const),
  );
  const installed: InstalledLibraries = { sources, digests: Object.fromEntries(digests) };
  await writeFile(join(fresh, 'provider.json'), `${JSON.stringify(installed, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return folder;
}

/** Gives the addresses that they came from. */
async function fetchPackages(
  to: string,
  downloads: string,
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<readonly string[]> {
  // The proxy is that of HTTPS_PROXY and its kin, which curl and pip use, too.
  http.setGlobalProxyFromEnv?.();
  const major = majorsOfDriver(driverVersion())[0] ?? CUDA_MAJORS[0];
  const index = indexOrThrow(major);
  const sources: string[] = [];
  for (const { name, files } of packagesOf(major)) {
    const wheel = await findWheel(index, name, major, signal);
    if (wheel.sha256 === null) {
      throw new UserError(`Nothing says what ${wheel.url} must hash to, and it would run here.`, {
        action: 'Use an index that says so, or fetch the files by other means: --from FOLDER',
      });
    }
    const file = fileOfWheel(downloads, wheel);
    let lastShown = 0;
    await download({
      url: wheel.url,
      file,
      sha256: wheel.sha256,
      signal,
      onProgress: (nDone, nBytes) => {
        if (Date.now() - lastShown < 1000 && nDone !== nBytes) return;
        lastShown = Date.now();
        const of = nBytes === null ? '' : ` of ${(nBytes / 1e6).toFixed(0)}`;
        report(`Fetching ${wheel.fileName}: ${(nDone / 1e6).toFixed(0)}${of} MB`);
      },
    });
    if ((await unpack(file, files, to, report)) === 0) throw holdsNone(wheel.fileName);
    await rm(file, { force: true });
    sources.push(wheel.url);
  }
  return sources;
}

function indexOrThrow(major: CudaMajor): string {
  const index = configuredIndex();
  if (index !== null) return index;
  const names = packagesOf(major).map(({ name }) => name);
  throw new UserError('Nothing here says which package index to use.', {
    action:
      'Set PIP_INDEX_URL to one, or fetch the files by other means and name their folder: ' +
      `pip download --no-deps -d FOLDER ${names.join(' ')}, then: verbatim providers install cuda --from FOLDER`,
  });
}

/** Takes both libraries of one major out of a folder, however deep, or out of the wheels in it. */
async function takeFrom(path: string, to: string, report: (message: string) => void): Promise<string> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) throw new UserError(`${path} does not exist.`, { action: 'Correct --from.' });
  if (!kind.isDirectory()) {
    throw new UserError(`${path} is no folder.`, {
      action: 'Give the folder that holds the libraries, or the wheels of both packages.',
    });
  }
  const below = await readdir(path, { recursive: true });
  const wheels = below.filter((name) => name.endsWith('.whl'));
  for (const major of CUDA_MAJORS) {
    let nComplete = 0;
    for (const { files } of packagesOf(major)) {
      const found = below.filter((name) => files.test(basename(name)));
      for (const name of found) await cp(join(path, name), join(to, basename(name)), { dereference: true });
      let nTaken = found.length;
      for (const wheel of nTaken > 0 ? [] : wheels)
        nTaken += await unpack(join(path, wheel), files, to, report);
      if (nTaken > 0) nComplete++;
    }
    if (nComplete === packagesOf(major).length) return path;
    for (const name of await readdir(to)) await rm(join(to, name));
  }
  throw holdsNone(path);
}

const holdsNone = (where: string) =>
  new UserError(`${where} does not hold libnvrtc and libcublasLt of CUDA ${CUDA_MAJORS.join(' or ')}.`, {
    action: 'Give the folder that holds them, or the wheels of both packages: --from FOLDER',
  });

/** Gives how many files were taken. */
async function unpack(
  file: string,
  wanted: RegExp,
  to: string,
  report: (message: string) => void,
): Promise<number> {
  await using handle = await open(file);
  const entries = await readZipDirectory(handle).catch((cause: unknown) => {
    throw new UserError(`${file} is no whole wheel: ${cause instanceof Error ? cause.message : cause}.`, {
      action: 'Fetch it again, or give another with --from.',
      cause,
    });
  });
  const found = [...entries.values()].filter(({ name }) => wanted.test(basename(name)));
  for (const entry of found) {
    report(`Unpacking ${basename(entry.name)}`);
    await inflate(file, entry, join(to, basename(entry.name)));
  }
  return found.length;
}

async function inflate(file: string, entry: ZipEntry, to: string): Promise<void> {
  await using handle = await open(file);
  const packed = handle.createReadStream({
    start: entry.byteOffset,
    end: entry.byteOffset + entry.nPacked - 1,
    autoClose: false,
  });
  let nBytes = 0;
  const bounded = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      nBytes += chunk.length;
      if (nBytes > entry.nBytes) return; // Damage, told below.
      yield chunk;
    }
  };
  if (entry.isStored) await pipeline(packed, createWriteStream(to));
  else await pipeline(packed, createInflateRaw(), bounded, createWriteStream(to));
  if (nBytes > entry.nBytes || (await stat(to)).size !== entry.nBytes) {
    throw new UserError(`${file} is damaged inside ${entry.name}.`, { action: 'Fetch it again.' });
  }
}
