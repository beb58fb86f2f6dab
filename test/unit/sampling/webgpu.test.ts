// WebGPU as users meet it, on a processor that only claims to be a graphics card.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { type GeneratedSample, sampleModel } from '../../../server/sampling/sample-model.ts';
import { cli } from '../../support/cli.ts';
import { inCi } from '../../support/in-ci.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { driverEnvironment, hasSoftwareDriver } from '../../support/software-driver.ts';

describe('WebGPU on a software driver', { skip: !hasSoftwareDriver }, () => {
  Object.assign(process.env, driverEnvironment);

  test('gives the same samples as the CPU', async () => {
    // Without biases all its products are of one kind: the driver takes more than a second to compile each kind.
    const model = writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'llama' } });
    const plan = { ...defaultSampling, nSamples: 6, maxTokens: 4 };
    const reference = await sampleOnCpu(model, plan);
    const size = ['--samples', String(plan.nSamples), '--max-tokens', String(plan.maxTokens)];
    const how = [
      '--provider',
      'webgpu',
      '--batch',
      '4',
      '--json',
      '--out',
      join(scratchFolder(), 's.sqlite'),
    ];
    const { exitCode, stdout, stderr } = await cli('sample', '--model', model, ...size, ...how);
    assert.equal(exitCode, 0, stderr);
    const actual = linesOf(stdout) as readonly { readonly tokens: number[]; readonly logprobs: number[] }[];
    assert.deepEqual(
      actual.map(({ tokens }) => tokens),
      reference.map(({ tokens }) => [...tokens]),
    );
    for (const [i, { logprobs }] of actual.entries()) {
      for (const [j, value] of logprobs.entries()) {
        assert.ok(Math.abs(value - reference[i]!.logprobs[j]!) < 1e-4, `sample ${i}, token ${j}`);
      }
    }
  });

  test('is proved by the doctor', { skip: !inCi && 'compiles for seconds: set CI to run it' }, async () => {
    const { exitCode, stdout } = await cli('doctor', '--json');
    assert.equal(exitCode, 0);
    const lines = linesOf(stdout) as readonly {
      readonly name: string;
      readonly state: string;
      readonly detail: string;
    }[];
    const webgpu = lines.find(({ name }) => name === 'webgpu')!;
    assert.equal(webgpu.state, 'works', webgpu.detail);
    assert.match(webgpu.detail, /logits differ from the CPU's by \d(\.\d)?e-\d/);
  });
});

const linesOf = (text: string): unknown =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function sampleOnCpu(model: string, plan: typeof defaultSampling): Promise<readonly GeneratedSample[]> {
  const samples: GeneratedSample[] = [];
  const request = {
    checkpoint: await openCheckpoint(model),
    plan,
    execution: { provider: 'cpu', batch: 'auto', workers: 1 } as const,
    isDone: () => false,
    signal: new AbortController().signal,
    onEnvironment: () => {},
  };
  for await (const batch of sampleModel(request)) samples.push(...batch);
  return samples.sort((a, b) => a.sampleId - b.sampleId);
}
