// Puts CUDA's provider where the runtime finds it: the two libraries out of the Python package of the same
// version, or out of a folder, beside a copy of the runtime's own package in the user's data folder. Nothing
// that was installed with Verbatim is touched, and nothing is done before the libraries are there and checked.

import { createWriteStream } from 'node:fs';
import { cp, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { UserError } from '../../errors.ts';
import { readZipDirectory, type ZipEntry } from '../weights/zip-directory.ts';
import { fileOfWheel, findWheel } from './package-index.ts';
import { configuredIndex } from './pip-settings.ts';
import {
  binariesIn,
  bundledRuntime,
  CUDA_LIBRARIES,
  cudaFolder,
  type InstalledProvider,
  runtimeIn,
  runtimeVersion,
} from './provider-folder.ts';
import { digestFile, download } from './resume-download.ts';

interface InstallRequest {
  /** A folder with the libraries, a wheel or another zip, an address of one; null: pip's package index. */
  readonly from: string | null;
  /** What a file from an address must hash to, in hex. */
  readonly sha256: string | null;
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
}

/** Gives the folder. Throws a UserError or an EnvironmentError that names what to do. */
export async function installCuda({ from, sha256, signal, report }: InstallRequest): Promise<string> {
  const version = runtimeVersion();
  const folder = cudaFolder(version);
  const unpacked = `${folder}.unpacked`;
  await mkdir(unpacked, { recursive: true });
  const source = await bring(
    { from, sha256, signal, report },
    version,
    unpacked,
    join(dirname(folder), 'downloads'),
  );
  report('Setting up a copy of the runtime beside them');
  const installed: InstalledProvider = {
    runtimeVersion: version,
    source,
    digests: Object.fromEntries(
      await Promise.all(
        CUDA_LIBRARIES.map(async (name) => [name, await digestFile(join(unpacked, name))] as const),
      ),
    ),
    needs: await readNeeds(join(unpacked, 'libonnxruntime_providers_cuda.so')),
  };
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await copyRuntime(fresh);
  for (const name of CUDA_LIBRARIES) {
    await rename(join(unpacked, name), join(binariesIn(runtimeIn(fresh)), name));
  }
  await writeFile(join(fresh, 'provider.json'), `${JSON.stringify(installed, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  await rm(unpacked, { recursive: true, force: true });
  return folder;
}

/** Puts the libraries into `unpacked` and says where they are from. */
async function bring(
  { from, sha256, signal, report }: InstallRequest,
  version: string,
  unpacked: string,
  downloads: string,
): Promise<string> {
  if (from !== null && !/^https?:/.test(from)) {
    const path = resolve(from);
    const kind = await stat(path).catch(() => null);
    if (kind === null) throw new UserError(`${path} does not exist.`, { action: 'Correct --from.' });
    if (kind.isDirectory()) {
      for (const name of CUDA_LIBRARIES) await cp(await findBelow(path, name), join(unpacked, name));
    } else await unpack(path, unpacked, report);
    return path;
  }
  // The proxy is that of HTTPS_PROXY and its kin, which curl and pip use, too.
  http.setGlobalProxyFromEnv?.();
  const wheel =
    from === null
      ? await findWheel(indexOrThrow(version), version, signal)
      : { url: from, fileName: basename(new URL(from).pathname), sha256: null };
  const digest = sha256 ?? wheel.sha256;
  // It will run here. What the user names by https comes from there and nowhere else.
  if (digest === null && (from === null || !from.startsWith('https:'))) throw withoutDigest(wheel.url);
  const file = fileOfWheel(downloads, wheel);
  let lastShown = 0;
  await download({
    url: wheel.url,
    file,
    sha256: digest,
    signal,
    onProgress: (nDone, nBytes) => {
      if (Date.now() - lastShown < 1000 && nDone !== nBytes) return;
      lastShown = Date.now();
      const of = nBytes === null ? '' : ` of ${(nBytes / 1e6).toFixed(0)}`;
      report(`Fetching ${wheel.fileName}: ${(nDone / 1e6).toFixed(0)}${of} MB`);
    },
  });
  await unpack(file, unpacked, report);
  await rm(file, { force: true });
  return wheel.url;
}

const withoutDigest = (url: string) =>
  new UserError(`Nothing says what ${url} must hash to, and it would run here.`, {
    action: 'Give its SHA-256 from a place that you trust: --sha256 HEX',
  });

function indexOrThrow(version: string): string {
  const index = configuredIndex();
  if (index !== null) return index;
  throw new UserError('Nothing here says which package index to use.', {
    action:
      'Set PIP_INDEX_URL to one, or fetch the file by other means and name it: ' +
      `pip download --no-deps onnxruntime-gpu==${version}, then: verbatim providers install cuda --from FILE`,
  });
}

async function unpack(file: string, to: string, report: (message: string) => void): Promise<void> {
  await using handle = await open(file);
  const entries = await readZipDirectory(handle).catch((cause: unknown) => {
    throw new UserError(`${file} is no whole wheel: ${cause instanceof Error ? cause.message : cause}.`, {
      action: 'Fetch it again, or give another with --from.',
      cause,
    });
  });
  for (const name of CUDA_LIBRARIES) {
    const entry = [...entries.values()].find((one) => basename(one.name) === name);
    if (entry === undefined) {
      throw new UserError(`${file} does not hold ${name}.`, { action: 'Give a package of onnxruntime-gpu.' });
    }
    report(`Unpacking ${name}`);
    await inflate(file, entry, join(to, name));
  }
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

async function findBelow(folder: string, name: string): Promise<string> {
  const found = (await readdir(folder, { recursive: true })).find((path) => basename(path) === name);
  if (found !== undefined) return join(folder, found);
  throw new UserError(`${folder} does not hold ${name}.`, {
    action: `Give the folder that holds ${CUDA_LIBRARIES.join(' and ')}.`,
  });
}

/** Copies only what runs on this system: the packages also carry other systems' libraries. */
async function copyRuntime(folder: string): Promise<void> {
  const from = bundledRuntime();
  const to = runtimeIn(folder);
  await mkdir(binariesIn(to), { recursive: true });
  for (const part of ['package.json', 'dist'])
    await cp(join(from, part), join(to, part), { recursive: true });
  await cp(binariesIn(from), binariesIn(to), { recursive: true });
  const common = join(from, '..', 'onnxruntime-common');
  for (const part of ['package.json', join('dist', 'cjs')]) {
    await cp(join(common, part), join(to, '..', 'onnxruntime-common', part), { recursive: true });
  }
}

/** The versions of CUDA's libraries that the provider asks the loader for, from its own tables. */
async function readNeeds(library: string): Promise<readonly string[]> {
  const start = Buffer.alloc(8 << 20);
  await using handle = await open(library);
  const { bytesRead } = await handle.read(start, 0, start.length, 0);
  const text = start.toString('latin1', 0, bytesRead);
  return [...new Set(text.match(/lib(?:cudart|cublas|cublasLt|curand|cufft)\.so\.\d+/g) ?? [])].sort();
}
