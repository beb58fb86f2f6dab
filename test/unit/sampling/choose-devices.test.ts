// Which device samples a plan: chosen or passed over with a reason, and named where it cannot be used.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { chooseDeviceForm, nameDeviceForm } from '../../../server/sampling/forms/device/device-form.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { deviceEnvironment } from '../../../server/sampling/providers/device-system.ts';
import { chooseDevices, type DeviceQuestion } from '../../../server/sampling/run/choose-devices.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { modelPlan } from '../../support/plans.ts';
import { makeSpec } from '../../support/sampling/make-spec.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const isLinux = process.platform === 'linux' && process.arch === 'x64';

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

  test('refuses heads that a device has no kernel for, by their width', async () => {
    for (const provider of ['cuda', 'webgpu', 'dml', 'coreml'] as const) {
      const narrow = makeSpec({ attention: { headWidth: 20 } });
      assert.throws(() => chooseDeviceForm(provider, narrow), /steps of 8.*have 20/);
    }
    const wide = makeSpec({ attention: { headWidth: 264 } });
    assert.throws(() => chooseDeviceForm('cuda', wide), /up to 256 values.*have 264/);
    assert.equal(chooseDeviceForm('webgpu', wide).kind, 'steps');
    const capped = makeSpec({ attention: { scoreCap: 50 } });
    assert.equal(chooseDeviceForm('webgpu', capped).kind, 'steps');
  });

  test('names the form of a device, with its rows', () => {
    const spec = makeSpec({});
    assert.equal(nameDeviceForm(chooseDeviceForm('cuda', spec), 1024), 'cuda-1-float16-rows-1024');
    const webgpu = chooseDeviceForm('webgpu', spec);
    assert.equal(nameDeviceForm(webgpu, 64), 'steps-in-place-float32-8-rows-64');
  });

  test('tells a device process where its libraries are', () => {
    const given = { LD_LIBRARY_PATH: '/own', HOME: '/home' };
    assert.deepEqual(deviceEnvironment({ libraryFolders: ['/cuda'] }, given), {
      LD_LIBRARY_PATH: '/cuda:/own',
      HOME: '/home',
    });
    assert.deepEqual(deviceEnvironment({ libraryFolders: [] }, given), given);
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
