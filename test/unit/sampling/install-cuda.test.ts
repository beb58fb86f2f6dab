// CUDA's libraries are installed from sources that break off or lie, and nothing half done looks installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { VerbatimError } from '../../../server/errors.ts';
import { installCuda } from '../../../server/sampling/providers/install-cuda.ts';
import { configuredIndex } from '../../../server/sampling/providers/pip-settings.ts';
import { readInstalled } from '../../../server/sampling/providers/provider-folder.ts';
import { cli } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeZip } from '../../support/write-zip.ts';

/** Made up, and long enough to be cut in the middle. */
const PRODUCTS = Buffer.from(`products ${'x'.repeat(200_000)}`);
const COMPILER = Buffer.from('compiler');
const BUILTINS = Buffer.from('what the compiler brings');
const VERSIONS = ['13.0.2', '13.10.1', '13.9.7'] as const;
const NEWEST = VERSIONS[1];
const PACKAGES = ['nvidia-cuda-nvrtc', 'nvidia-cublas'] as const;
type Package = (typeof PACKAGES)[number];
const wheelName = (name: Package, version: string) =>
  `${name.replaceAll('-', '_')}-${version}-py3-none-manylinux_2_27_x86_64.whl`;
const isLinux = process.platform === 'linux' && process.arch === 'x64';
process.env.NO_PROXY = '127.0.0.1';

describe('providers install cuda', { skip: !isLinux }, () => {
  test('takes the libraries out of wheels in a folder, by the command', async () => {
    const data = scratchFolder();
    const folder = scratchFolder();
    for (const name of PACKAGES) writeFileSync(join(folder, wheelName(name, NEWEST)), buildWheel(name));
    setEnvironment(data);
    const { exitCode, stderr } = await cli('providers', 'install', 'cuda', '--from', folder);
    assert.equal(exitCode, 0, stderr);
    assertInstalled(data);
    const unknown = await cli('providers', 'install', 'tpu');
    assert.equal(unknown.exitCode, 2);
  });

  test('takes them out of a folder, however deep', async () => {
    const data = scratchFolder();
    const folder = scratchFolder();
    mkdirSync(join(folder, 'nvidia/cu13/lib'), { recursive: true });
    writeFileSync(join(folder, 'nvidia/cu13/lib/libnvrtc.so.13'), COMPILER);
    writeFileSync(join(folder, 'nvidia/cu13/lib/libnvrtc-builtins.so.13.0'), BUILTINS);
    writeFileSync(join(folder, 'nvidia/cu13/lib/libcublasLt.so.13'), PRODUCTS);
    writeFileSync(join(folder, 'nvidia/cu13/lib/libcublas.so.13'), 'not needed');
    await install(data, { from: folder });
    assertInstalled(data);
  });

  test('fetches from the package index that pip uses, goes on after a cut, and checks the hash', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ cutAfter: 70_000 });
    await install(data, { index: index.url });
    assertInstalled(data);
    assert.deepEqual(index.ranges, ['whole', 'whole', 'bytes=70000-']);
  });

  test('reads an index that answers with a page', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ asHtml: true });
    await install(data, { index: index.url });
    assertInstalled(data);
  });

  test('goes on where an interrupted run stopped', async () => {
    const data = scratchFolder();
    const wheel = buildWheel('nvidia-cublas');
    mkdirSync(join(data, 'providers/downloads'), { recursive: true });
    const part = `${wheelName('nvidia-cublas', NEWEST)}.part`;
    writeFileSync(join(data, 'providers/downloads', part), wheel.subarray(0, 500));
    const index = await serveIndex({});
    await install(data, { index: index.url });
    assert.deepEqual(index.ranges, ['whole', 'bytes=500-']);
    assertInstalled(data);
  });

  test('refuses a file with another hash, by the command, and leaves nothing behind that looks installed', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ lie: true });
    setEnvironment(data, index.url);
    const { exitCode, stderr } = await cli('providers', 'install', 'cuda');
    assert.equal(exitCode, 1);
    assert.match(stderr, /is not what it should be: its SHA-256 is/);
    assert.ok(!existsSync(join(data, 'providers/cuda')));
  });

  test('says what to do where the version, the file or its parts are missing', async () => {
    const index = await serveIndex({ versions: ['12.0.1'] });
    const cut = scratchFolder();
    writeFileSync(
      join(cut, wheelName('nvidia-cublas', NEWEST)),
      buildWheel('nvidia-cublas').subarray(0, 1000),
    );
    const half = scratchFolder();
    writeFileSync(join(half, 'libnvrtc.so.13'), COMPILER);
    const cases: readonly (readonly [Source, RegExp])[] = [
      [{ index: index.url }, /has no nvidia-cuda-nvrtc 13 for Linux/],
      [{ from: '/nowhere' }, /\/nowhere does not exist/],
      [{ from: cut }, /no whole wheel/],
      [{ from: half }, /does not hold libnvrtc and libcublasLt/],
      [{ from: scratchFolder() }, /does not hold libnvrtc and libcublasLt/],
    ];
    for (const [source, message] of cases) await assertRefused(source, message);
  });
});

describe('what is fetched is known before it can run', { skip: !isLinux }, () => {
  test('no Python is started: a pip.py in the folder, or in the way of one, stays what it is', async () => {
    const folder = scratchFolder();
    const trap = `open(${JSON.stringify(join(folder, 'ran'))}, 'w')`;
    for (const name of ['pip.py', 'pip3.py', 'sitecustomize.py']) writeFileSync(join(folder, name), trap);
    for (const name of ['pip', 'pip3', 'python3']) {
      writeFileSync(join(folder, name), `#!/bin/sh\ntouch ${folder}/ran\n`, { mode: 0o755 });
    }
    const home = scratchFolder();
    mkdirSync(join(home, '.config/pip'), { recursive: true });
    writeFileSync(join(home, '.config/pip/pip.conf'), '[global]\nindex-url = http://127.0.0.1:1/simple\n');
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: home, VERBATIM_DATA: scratchFolder() };
    const entry = join(import.meta.dirname, '../../../server/cli.ts');
    const ran = spawnSync(process.execPath, [entry, 'providers', 'install', 'cuda'], {
      ...{ cwd: folder, env, encoding: 'utf8' },
    });
    assert.match(ran.stderr, /fetch failed|127\.0\.0\.1:1/);
    assert(!existsSync(join(folder, 'ran')));
  });

  test('pip’s own files say which index it is', () => {
    const home = scratchFolder();
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    };
    const asked = (environment: NodeJS.ProcessEnv) =>
      configuredIndex({ HOME: home, XDG_CONFIG_DIRS: join(home, 'xdg'), ...environment });
    assert.equal(asked({}), null);
    write('xdg/pip/pip.conf', '[global]\nindex-url=https://all.example/simple');
    assert.equal(asked({}), 'https://all.example/simple');
    write(
      '.pip/pip.conf',
      '[install]\nindex-url = https://no.example\n[global]\nindex_url: https://old.example/simple \n',
    );
    assert.equal(asked({}), 'https://old.example/simple');
    write('.config/pip/pip.conf', '; a note\n[global]\nindex-url = https://user.example/simple\n');
    assert.equal(asked({}), 'https://user.example/simple');
    write('env/pip.conf', '[global]\nindex-url = https://env.example/simple\n');
    assert.equal(asked({ VIRTUAL_ENV: join(home, 'env') }), 'https://env.example/simple');
    assert.equal(asked({ PIP_INDEX_URL: 'https://told.example' }), 'https://told.example');
    assert.equal(asked({ PIP_CONFIG_FILE: '/dev/null' }), null);
  });

  test('an index without a digest, and a way out of https, are refused', async () => {
    const bare = await serveIndex({ hashes: 'none' });
    const elsewhere = await serveIndex({ host: 'http://elsewhere.example' });
    const cases: readonly (readonly [Source, RegExp])[] = [
      [{ index: bare.url }, /Nothing says what http.* must hash to/],
      [{ index: elsewhere.url }, /sends us to http:\/\/elsewhere\.example, which is not safe/],
      [{ index: 'file:///etc' }, /is no package index/],
    ];
    for (const [source, message] of cases) {
      await assertRefused(source, message);
    }
    assert.deepEqual([...bare.ranges, ...elsewhere.ranges], []);
  });

  test('an index that answers something else is named, and no link of a page costs the rest of it', async () => {
    for (const answer of [
      'null',
      '{"files":{}}',
      '{"files":[null,{"filename":7}]}',
      'no JSON',
      `${'<a '.repeat(3_000_000)}`,
    ]) {
      const index = await serveIndex({ answer });
      await assert.rejects(install(scratchFolder(), { index: index.url }), (error) => {
        assert.ok(error instanceof VerbatimError && error.action, String(error));
        return true;
      });
    }
  });
});

async function assertRefused(source: Source, message: RegExp): Promise<void> {
  const data = scratchFolder();
  await assert.rejects(install(data, source), (error) => {
    assert.ok(error instanceof VerbatimError && error.action, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.ok(!existsSync(join(data, 'providers/cuda')));
}

interface Source {
  readonly from?: string;
  /** The address of a package index; left out: none is set. */
  readonly index?: string;
}

/** Sets the environment for a data folder and an index, for this process and for those that it starts. */
function setEnvironment(data: string, index?: string): void {
  process.env.VERBATIM_DATA = data;
  if (index === undefined) delete process.env.PIP_INDEX_URL;
  else process.env.PIP_INDEX_URL = index;
}

async function install(data: string, { from, index }: Source): Promise<void> {
  setEnvironment(data, index);
  const { signal } = new AbortController();
  await installCuda({ from: from ?? null, signal, report: () => {} });
}

function assertInstalled(data: string): void {
  const folder = join(data, 'providers/cuda');
  const expected = {
    'libnvrtc.so.13': COMPILER,
    'libnvrtc-builtins.so.13.0': BUILTINS,
    'libcublasLt.so.13': PRODUCTS,
  };
  for (const [name, bytes] of Object.entries(expected))
    assert.deepEqual(readFileSync(join(folder, name)), bytes);
  const installed = readInstalled(folder)!;
  assert.deepEqual(Object.keys(installed.digests).toSorted(), Object.keys(expected).toSorted());
  for (const [name, bytes] of Object.entries(expected)) {
    assert.equal(installed.digests[name], createHash('sha256').update(bytes).digest('hex'));
  }
}

interface Faults {
  /** Breaks the answer with the second package off after that many bytes. */
  readonly cutAfter?: number;
  /** Gives a hash that is not the file's. */
  readonly lie?: boolean;
  readonly hashes?: 'none';
  readonly asHtml?: boolean;
  readonly versions?: readonly string[];
  /** Another host that the files are said to be on. */
  readonly host?: string;
  /** What is said of every package. */
  readonly answer?: string;
}

/** A package index on this machine, with the ranges it was asked for. */
async function serveIndex({
  cutAfter,
  lie = false,
  hashes,
  asHtml = false,
  versions = VERSIONS,
  host,
  answer,
}: Faults) {
  const ranges: string[] = [];
  const tell = (name: Package, response: ServerResponse) => {
    response.setHeader('content-type', asHtml ? 'text/html' : 'application/vnd.pypi.simple.v1+json');
    const digest = lie ? '0'.repeat(64) : createHash('sha256').update(buildWheel(name)).digest('hex');
    const files = versions.map((version) => ({
      filename: wheelName(name, version),
      url: `${host ?? '../..'}/files/${name}/${version}`,
      hashes: hashes === 'none' ? {} : { sha256: digest },
    }));
    const links = files.map(
      ({ filename, url }) => `<a href="${url}/${filename}#sha256=${digest}">${filename}</a>`,
    );
    response.end(answer ?? (asHtml ? links.join('\n') : JSON.stringify({ files })));
  };
  const give = (wheel: Buffer, request: IncomingMessage, response: ServerResponse) => {
    const range = request.headers.range ?? 'whole';
    ranges.push(range);
    const start = Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    response.statusCode = start > 0 ? 206 : 200;
    response.setHeader('content-length', wheel.length - start);
    if (cutAfter !== undefined && ranges.length === 2) {
      response.write(wheel.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 50));
    } else response.end(wheel.subarray(start));
  };
  const server: Server = createServer((request, response) => {
    const name = PACKAGES.find((one) => request.url?.split('/').includes(one))!;
    if (request.url?.startsWith('/simple/')) tell(name, response);
    else if (request.url?.includes(NEWEST)) give(buildWheel(name), request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`, ranges };
}

/** A wheel like those of packages: the libraries somewhere inside, one of them packed. Incompressible, to be long. */
function buildWheel(name: Package): Buffer {
  const noise = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const libraries =
    name === 'nvidia-cublas'
      ? [
          { name: 'nvidia/cu13/lib/libcublas.so.13', bytes: noise },
          { name: 'nvidia/cu13/lib/libcublasLt.so.13', bytes: PRODUCTS, packed: 'deflate' as const },
        ]
      : [
          { name: 'nvidia/cu13/lib/libnvrtc.so.13', bytes: COMPILER },
          { name: 'nvidia/cu13/lib/libnvrtc.alt.so.13', bytes: noise },
          { name: 'nvidia/cu13/lib/libnvrtc-builtins.so.13.0', bytes: BUILTINS },
        ];
  return writeZip([{ name: 'nvidia/noise.bin', bytes: noise }, ...libraries]);
}
