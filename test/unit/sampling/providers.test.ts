// Providers as users meet them: installed from sources that break off or lie, chosen or passed over with a
// reason, and run on a processor that only claims to be a graphics card.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { chooseDeviceForm, nameDeviceForm } from '../../../server/sampling/forms/device/device-form.ts';
import { deviceEnvironment } from '../../../server/sampling/providers/device-system.ts';
import { binariesIn, runtimeIn } from '../../../server/sampling/providers/provider-folder.ts';
import { chooseDevices, type DeviceQuestion } from '../../../server/sampling/run/choose-devices.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { modelPlan } from '../../support/plans.ts';
import { makeSpec } from '../../support/sampling/make-spec.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { driverEnvironment, hasSoftwareDriver } from '../../support/software-driver.ts';

const CLI = join(import.meta.dirname, '../../../server/cli.ts');
const VERSION = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../node_modules/onnxruntime-node/package.json'), 'utf8'),
).version as string;
const PROVIDER = Buffer.from(`provider that needs libcudart.so.13\0libcublas.so.13\0${'x'.repeat(200_000)}`);
const SHARED = Buffer.from('shared part');
const WHEEL_NAME = `onnxruntime_gpu-${VERSION}-cp312-cp312-manylinux_2_28_x86_64.whl`;
const isLinux = process.platform === 'linux' && process.arch === 'x64';

describe('providers install cuda', { skip: !isLinux }, () => {
  test('takes the libraries out of a wheel and puts the runtime beside them', async () => {
    const data = scratchFolder();
    const wheel = join(scratchFolder(), WHEEL_NAME);
    writeFileSync(wheel, buildWheel());
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda', '--from', wheel], data);
    assert.equal(code, 0, stderr);
    assertInstalled(data);
  });

  test('takes them out of a folder, however deep', async () => {
    const data = scratchFolder();
    const folder = scratchFolder();
    mkdirSync(join(folder, 'onnxruntime/capi'), { recursive: true });
    writeFileSync(join(folder, 'onnxruntime/capi/libonnxruntime_providers_cuda.so'), PROVIDER);
    writeFileSync(join(folder, 'onnxruntime/capi/libonnxruntime_providers_shared.so'), SHARED);
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda', '--from', folder], data);
    assert.equal(code, 0, stderr);
    assertInstalled(data);
  });

  test('fetches from the package index that pip uses, goes on after a cut, and checks the hash', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ cutAfter: 70_000 });
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda'], data, {
      PIP_INDEX_URL: index.url,
    });
    assert.equal(code, 0, stderr);
    assertInstalled(data);
    assert.ok(index.ranges.length >= 2, `it was cut, so it came in parts: ${index.ranges}`);
    assert.equal(index.ranges[1], 'bytes=70000-');
  });

  test('reads an index that answers with a page', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ asHtml: true });
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda'], data, {
      PIP_INDEX_URL: index.url,
    });
    assert.equal(code, 0, stderr);
    assertInstalled(data);
  });

  test('goes on where an interrupted run stopped', async () => {
    const data = scratchFolder();
    const wheel = buildWheel();
    mkdirSync(join(data, 'providers/downloads'), { recursive: true });
    writeFileSync(join(data, 'providers/downloads', `${WHEEL_NAME}.part`), wheel.subarray(0, 500));
    const index = await serveIndex({});
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda'], data, {
      PIP_INDEX_URL: index.url,
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(index.ranges, ['bytes=500-']);
    assertInstalled(data);
  });

  test('refuses a file with another hash, and leaves nothing behind that looks installed', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ lie: true });
    const { code, stderr } = await verbatim(['providers', 'install', 'cuda'], data, {
      PIP_INDEX_URL: index.url,
    });
    assert.equal(code, 1);
    assert.match(stderr, /is not what it should be: its SHA-256 is/);
    assert.ok(!existsSync(join(data, `providers/cuda-${VERSION}`)));
  });

  test('says what to do where the version, the file or its parts are missing', async () => {
    const data = scratchFolder();
    const index = await serveIndex({ version: '0.0.1' });
    const environment = { PIP_INDEX_URL: index.url };
    const other = await verbatim(['providers', 'install', 'cuda'], data, environment);
    assert.match(other.stderr, new RegExp(`has no onnxruntime-gpu ${VERSION} for Linux`));
    const absent = await verbatim(['providers', 'install', 'cuda', '--from', '/nowhere'], data);
    assert.match(absent.stderr, /\/nowhere does not exist/);
    const noWheel = join(scratchFolder(), 'a.whl');
    writeFileSync(noWheel, buildWheel().subarray(0, 1000));
    const cut = await verbatim(['providers', 'install', 'cuda', '--from', noWheel], data);
    assert.match(cut.stderr, /no whole wheel/);
    const empty = await verbatim(['providers', 'install', 'cuda', '--from', scratchFolder()], data);
    assert.match(empty.stderr, /does not hold libonnxruntime_providers_shared.so/);
    const unknown = await verbatim(['providers', 'install', 'tpu'], data);
    assert.equal(unknown.code, 2);
  });
});

describe('the choice of a provider', () => {
  const hasCard = existsSync('/dev/nvidiactl') || existsSync('/dev/dri');

  test('falls back to the CPU with a reason for each', { skip: !isLinux || hasCard }, async () => {
    const { chosen, fallbacks } = await chooseDevices(await question({ provider: 'auto' }));
    assert.equal(chosen, null);
    assert.deepEqual(fallbacks, [
      'CUDA is not used: no NVIDIA driver is loaded.',
      'WebGPU is not used: there is no graphics device (/dev/dri is empty).',
    ]);
  });

  test('does not start a device for little work', async () => {
    const { chosen, fallbacks } = await chooseDevices(await question({ provider: 'auto', nSamples: 10 }));
    assert.deepEqual({ chosen, fallbacks }, { chosen: null, fallbacks: [] });
  });

  test('is remembered with its reasons when a study goes on', { skip: !isLinux || hasCard }, async () => {
    const file = join(scratchFolder(), 's.sqlite');
    const model = writeRandomCheckpoint(scratchFolder());
    const sampling = { ...defaultSampling, nSamples: 1e6, maxTokens: 80 };
    const runABatch = async () => {
      const stop = new AbortController();
      const run = runStudy({
        file,
        plan: modelPlan(model, [], sampling),
        execution: { provider: 'auto', batch: 8, workers: 1 },
        upTo: 'sample',
        signal: stop.signal,
        report: ({ done, resumedFrom }) => done > resumedFrom && stop.abort(),
      });
      await assert.rejects(run, { name: 'Cancelled' });
      using db = openForReading(file);
      return readStudy(db)!.environment.fallbacks as readonly string[];
    };
    const reasons = await runABatch();
    assert.equal(reasons.length, 2);
    assert.deepEqual(await runABatch(), reasons);
  });

  test('says why a provider that was asked for cannot be used', { skip: !isLinux || hasCard }, async () => {
    await assert.rejects(chooseDevices(await question({ provider: 'cuda' })), {
      name: 'EnvironmentError',
      message: 'The provider cuda cannot be used: no NVIDIA driver is loaded',
    });
  });

  test('passes over a driver that does not work, and a device that is slower', {
    skip: !isLinux || hasCard,
  }, async () => {
    await withEnvironment({ VK_ICD_FILENAMES: '/nowhere.json' }, async () => {
      const { chosen, fallbacks } = await chooseDevices(await question({ provider: 'auto' }));
      assert.equal(chosen, null);
      assert.match(fallbacks[1]!, /^WebGPU is not used: webgpu: .*adapter/);
    });
  });

  test('refuses heads that CUDA has no kernel for, by their width', async () => {
    const { checkpoint } = await question({ provider: 'auto' });
    assert.throws(
      () => chooseDeviceForm('cuda', makeSpec({ attention: { headWidth: 20 } })),
      /steps of 8.*have 20/,
    );
    assert.throws(() => chooseDeviceForm('cuda', makeSpec({ layer: { window: 16 } })), /sliding window/);
    const form = chooseDeviceForm('cuda', checkpoint.config);
    assert.equal(nameDeviceForm(form, 1024), 'paged-loop-float16-page-256-unroll-8-rows-1024');
    const joined = chooseDeviceForm('cuda', makeSpec({ attention: { nHeads: 12, headWidth: 64 } }));
    assert.equal(nameDeviceForm(joined, 1024), 'joined-loop-float16-page-128-unroll-8-rows-1024');
  });

  test('leaves none of what a form stands for to the environment', () => {
    const system = { provider: 'cuda', runtimeFolder: null, libraryFolders: ['/cuda'] } as const;
    const given = { ORT_ENABLE_XQA_NATIVE_KV: '0', LD_LIBRARY_PATH: '/own', HOME: '/home' };
    assert.deepEqual(deviceEnvironment(system, given), {
      ORT_ENABLE_XQA_NATIVE_KV: '1',
      LD_LIBRARY_PATH: '/cuda:/own',
      HOME: '/home',
    });
  });
});

describe('WebGPU on a software driver', { skip: !hasSoftwareDriver }, () => {
  test('gives the same samples as the CPU', async () => {
    const model = writeRandomCheckpoint(scratchFolder());
    const sample = async (...options: readonly string[]) => {
      const args = ['sample', '--model', model, '--samples', '6', '--max-tokens', '8', '--json', ...options];
      const { code, stdout, stderr } = await verbatim(
        [...args, '--out', join(scratchFolder(), 's.sqlite')],
        scratchFolder(),
        driverEnvironment,
      );
      assert.equal(code, 0, stderr);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly tokens: number[]; readonly logprobs: number[] });
    };
    const reference = await sample('--provider', 'cpu');
    const actual = await sample('--provider', 'webgpu', '--batch', '4');
    assert.deepEqual(
      actual.map(({ tokens }) => tokens),
      reference.map(({ tokens }) => tokens),
    );
    for (const [i, { logprobs }] of actual.entries()) {
      for (const [j, value] of logprobs.entries()) {
        assert.ok(Math.abs(value - reference[i]!.logprobs[j]!) < 1e-4, `sample ${i}, token ${j}`);
      }
    }
  });

  test('is proved by the doctor', async () => {
    const { code, stdout } = await verbatim(['doctor', '--json'], scratchFolder(), driverEnvironment);
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const webgpu = lines.find(({ name }) => name === 'webgpu');
    assert.equal(webgpu.state, 'works', webgpu.detail);
    assert.match(webgpu.detail, /logits differ from the CPU's by \d(\.\d)?e-\d/);
  });
});

async function question({
  provider,
  nSamples = 1e9,
}: {
  readonly provider: 'auto' | 'cuda';
  readonly nSamples?: number;
}): Promise<DeviceQuestion> {
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
  return {
    execution: { provider, batch: 'auto', workers: 'auto' },
    checkpoint,
    rule: { topK: 40, topP: 1, greedy: false },
    settings: {
      seed: 0,
      maxTokens: 8,
      schedule: { kind: 'constant', temperature: 1 },
    },
    nSamples,
    nPositions: 9,
    signal: new AbortController().signal,
  };
}

async function withEnvironment(changes: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  try {
    await work();
  } finally {
    for (const key of Object.keys(changes)) {
      if (before[key] === undefined) delete process.env[key];
      else process.env[key] = before[key];
    }
  }
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
}

/** A package index on this machine, with the ranges it was asked for. */
async function serveIndex({ cutAfter, lie = false, asHtml = false, version = VERSION }: Faults) {
  const wheel = buildWheel();
  const name = WHEEL_NAME.replace(VERSION, version);
  const digest = lie ? '0'.repeat(64) : createHash('sha256').update(wheel).digest('hex');
  const ranges: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/simple/onnxruntime-gpu/')) {
      response.setHeader('content-type', asHtml ? 'text/html' : 'application/vnd.pypi.simple.v1+json');
      const file = { filename: name, url: `../../files/${name}`, hashes: { sha256: digest } };
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
  const noise = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
  return zip([
    ['onnxruntime/capi/noise.bin', noise, 0],
    ['onnxruntime/capi/libonnxruntime_providers_shared.so', SHARED, 0],
    ['onnxruntime/capi/libonnxruntime_providers_cuda.so', PROVIDER, 8],
  ]);
}

function zip(files: readonly (readonly [name: string, data: Buffer, method: 0 | 8])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data, method] of files) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(method, 8);
    header.writeUInt32LE(packed.length, 18);
    header.writeUInt32LE(data.length, 22);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    parts.push(header, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command line, not waited for by blocking: this process serves its index. */
function verbatim(args: readonly string[], data: string, environment: object = {}): Promise<Outcome> {
  const { PIP_INDEX_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...inherited, NO_PROXY: '127.0.0.1', VERBATIM_DATA: data, ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
