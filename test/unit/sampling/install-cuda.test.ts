// The provider for CUDA is installed from sources that break off or lie, and nothing half done looks installed.

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
import { binariesIn, runtimeIn } from '../../../server/sampling/providers/provider-folder.ts';
import { cli } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeZip } from '../../support/write-zip.ts';

const VERSION = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../node_modules/onnxruntime-node/package.json'), 'utf8'),
).version as string;
const PROVIDER = Buffer.from(`provider that needs libcudart.so.13\0libcublas.so.13\0${'x'.repeat(200_000)}`);
const SHARED = Buffer.from('shared part');
const WHEEL_NAME = `onnxruntime_gpu-${VERSION}-cp312-cp312-manylinux_2_28_x86_64.whl`;
const isLinux = process.platform === 'linux' && process.arch === 'x64';
process.env.NO_PROXY = '127.0.0.1';

describe('providers install cuda', { skip: !isLinux }, () => {
  test('takes the libraries out of a wheel and puts the runtime beside them, by the command', async () => {
    const data = scratchFolder();
    const wheel = join(scratchFolder(), WHEEL_NAME);
    writeFileSync(wheel, buildWheel());
    setEnvironment(data);
    const { exitCode, stderr } = await cli('providers', 'install', 'cuda', '--from', wheel);
    assert.equal(exitCode, 0, stderr);
    assertInstalled(data);
    const unknown = await cli('providers', 'install', 'tpu');
    assert.equal(unknown.exitCode, 2);
  });

  test('takes them out of a folder, however deep', async () => {
    const data = scratchFolder();
    const folder = scratchFolder();
    mkdirSync(join(folder, 'onnxruntime/capi'), { recursive: true });
    writeFileSync(join(folder, 'onnxruntime/capi/libonnxruntime_providers_cuda.so'), PROVIDER);
    writeFileSync(join(folder, 'onnxruntime/capi/libonnxruntime_providers_shared.so'), SHARED);
    await install(data, { from: folder });
    assertInstalled(data);
  });

  test('fetches from the package index that pip uses, goes on after a cut, and checks the hash', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ cutAfter: 70_000 });
    await install(data, { index: index.url });
    assertInstalled(data);
    assert.ok(index.ranges.length >= 2, `it was cut, so it came in parts: ${index.ranges}`);
    assert.equal(index.ranges[1], 'bytes=70000-');
  });

  test('reads an index that answers with a page', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ asHtml: true });
    await install(data, { index: index.url });
    assertInstalled(data);
  });

  test('goes on where an interrupted run stopped', async () => {
    const data = scratchFolder();
    const wheel = buildWheel();
    mkdirSync(join(data, 'providers/downloads'), { recursive: true });
    writeFileSync(join(data, 'providers/downloads', `${WHEEL_NAME}.part`), wheel.subarray(0, 500));
    const index = await serveIndex({});
    await install(data, { index: index.url });
    assert.deepEqual(index.ranges, ['bytes=500-']);
    assertInstalled(data);
  });

  test('refuses a file with another hash, by the command, and leaves nothing behind that looks installed', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ lie: true });
    setEnvironment(data, index.url);
    const { exitCode, stderr } = await cli('providers', 'install', 'cuda');
    assert.equal(exitCode, 1);
    assert.match(stderr, /is not what it should be: its SHA-256 is/);
    assert.ok(!existsSync(join(data, `providers/cuda-${VERSION}`)));
  });

  test('says what to do where the version, the file or its parts are missing', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ version: '0.0.1' });
    const cut = join(scratchFolder(), 'a.whl');
    writeFileSync(cut, buildWheel().subarray(0, 1000));
    const cases: readonly (readonly [Source, RegExp])[] = [
      [{ index: index.url }, new RegExp(`has no onnxruntime-gpu ${VERSION} for Linux`)],
      [{ from: '/nowhere' }, /\/nowhere does not exist/],
      [{ from: cut }, /no whole wheel/],
      [{ from: scratchFolder() }, /does not hold libonnxruntime_providers_shared.so/],
    ];
    for (const [source, message] of cases) {
      await assert.rejects(install(data, source), (error) => {
        assert.ok(error instanceof VerbatimError && error.action, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
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

  test('an index without a digest, an address without one, and a way out of https are refused', async () => {
    const bare = await serveIndex({ withoutDigest: true });
    const elsewhere = await serveIndex({ host: 'http://elsewhere.example' });
    const cases: readonly (readonly [Source, RegExp])[] = [
      [{ index: bare.url }, /Nothing says what http.* must hash to/],
      [{ from: 'http://127.0.0.1:1/x.whl' }, /Nothing says what http.* must hash to/],
      [{ index: elsewhere.url }, /sends us to http:\/\/elsewhere\.example, which is not safe/],
      [{ index: 'file:///etc' }, /is no package index/],
    ];
    for (const [source, message] of cases) {
      await assert.rejects(install(scratchFolder(), source), (error) => {
        assert.ok(error instanceof VerbatimError && error.action, String(error));
        assert.match(error.message, message);
        return true;
      });
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
  await installCuda({ from: from ?? null, sha256: null, signal, report: () => {} });
}

function assertInstalled(data: string): void {
  const folder = join(data, `providers/cuda-${VERSION}`);
  const binaries = binariesIn(runtimeIn(folder));
  assert.deepEqual(readFileSync(join(binaries, 'libonnxruntime_providers_cuda.so')), PROVIDER);
  assert.deepEqual(readFileSync(join(binaries, 'libonnxruntime_providers_shared.so')), SHARED);
  assert.ok(existsSync(join(binaries, 'onnxruntime_binding.node')));
  assert.ok(existsSync(join(folder, 'node_modules/onnxruntime-common/dist/cjs/index.js')));
  const { needs, runtimeVersion } = JSON.parse(readFileSync(join(folder, 'provider.json'), 'utf8'));
  assert.deepEqual(
    { needs, runtimeVersion },
    { needs: ['libcublas.so.13', 'libcudart.so.13'], runtimeVersion: VERSION },
  );
}

interface Faults {
  /** Breaks the first answer off after that many bytes. */
  readonly cutAfter?: number;
  /** Gives a hash that is not the file's. */
  readonly lie?: boolean;
  readonly asHtml?: boolean;
  readonly version?: string;
  readonly withoutDigest?: boolean;
  /** Where it says that the file lies. */
  readonly host?: string;
  /** In place of an index. */
  readonly answer?: string;
}

/** A package index on this machine, with the ranges it was asked for. */
async function serveIndex(faults: Faults) {
  const {
    cutAfter,
    lie = false,
    version = VERSION,
    withoutDigest = false,
    host = '../..',
    answer: body,
  } = faults;
  const asHtml = faults.asHtml ?? body?.startsWith('<') ?? false;
  const wheel = buildWheel();
  const name = WHEEL_NAME.replace(VERSION, version);
  const digest = lie ? '0'.repeat(64) : createHash('sha256').update(wheel).digest('hex');
  const ranges: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/simple/onnxruntime-gpu/')) {
      response.setHeader('content-type', asHtml ? 'text/html' : 'application/vnd.pypi.simple.v1+json');
      const file = {
        filename: name,
        url: `${host}/files/${name}`,
        ...(withoutDigest ? {} : { hashes: { sha256: digest } }),
      };
      if (body !== undefined) return void response.end(body);
      response.end(
        asHtml ? `<a href="${file.url}#sha256=${digest}">${name}</a>` : JSON.stringify({ files: [file] }),
      );
      return;
    }
    const range = request.headers.range ?? 'whole';
    ranges.push(range);
    const start = Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    response.statusCode = start > 0 ? 206 : 200;
    response.setHeader('content-length', wheel.length - start);
    if (cutAfter !== undefined && ranges.length === 1) {
      response.write(wheel.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 50));
    } else response.end(wheel.subarray(start));
  };
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`, ranges };
}

/** A wheel like those of packages: the libraries somewhere inside, one of them packed. Incompressible, to be long. */
function buildWheel(): Buffer {
  const noise = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
  return writeZip([
    { name: 'onnxruntime/capi/noise.bin', bytes: noise },
    { name: 'onnxruntime/capi/libonnxruntime_providers_shared.so', bytes: SHARED },
    { name: 'onnxruntime/capi/libonnxruntime_providers_cuda.so', bytes: PROVIDER, packed: 'deflate' },
  ]);
}
