// A folder that holds an exported model instead of weights gives the samples that the weights would.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { SamplingPlan } from '../../protocol/study.ts';
import { UserError } from '../../server/errors.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/checkpoint.ts';
import { encodeModel, Graph } from '../../server/sampling/onnx-graph.ts';
import {
  type GeneratedSample,
  type SamplerEnvironment,
  sampleModel,
} from '../../server/sampling/sample-model.ts';
import { scoreTexts } from '../../server/sampling/score.ts';
import { buildExportedGraph } from '../bench/sampler-exported-graph.ts';
import { writeRandomCheckpoint } from './sampling-random-checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-exported-'));
after(() => rmSync(folder, { recursive: true }));
const weights = await openCheckpoint(writeRandomCheckpoint(join(folder, 'weights')));

function writeExport(name: string, file: string, graph: Uint8Array): string {
  const dir = join(folder, name);
  mkdirSync(join(dir, 'onnx'), { recursive: true });
  for (const kept of ['config.json', 'tokenizer.json']) cpSync(join(weights.dir, kept), join(dir, kept));
  writeFileSync(join(dir, file), graph);
  return dir;
}

const PLAN: SamplingPlan = {
  ...{ strategy: 'npg', nSamples: 9, maxTokens: 40, topK: 20, topP: 1, temperature: 1, seed: 4, prompts: [] },
};
const EXECUTION = { provider: 'cpu', batch: 4, workers: 1 } as const;
const signal = new AbortController().signal;

async function sample(checkpoint: Checkpoint, plan: Partial<SamplingPlan> = {}) {
  const samples: GeneratedSample[] = [];
  let form = '';
  const onEnvironment = (environment: SamplerEnvironment) => {
    form = environment.form;
  };
  const request = { checkpoint, plan: { ...PLAN, ...plan }, execution: EXECUTION, signal, onEnvironment };
  for await (const batch of sampleModel({ ...request, isDone: () => false })) samples.push(...batch);
  return { form, samples: samples.sort((a, b) => a.sampleId - b.sampleId) };
}

for (const file of ['onnx/model.onnx', 'model.onnx', 'onnx/decoder_model_merged.onnx']) {
  test(`${file} gives the same samples, slower`, async () => {
    const dir = writeExport(file.replace('/', '-'), file, buildExportedGraph(weights));
    const exported = await openCheckpoint(dir);
    assert.notEqual(exported.digest, weights.digest);
    const plans: Partial<SamplingPlan>[] = [
      {},
      { temperature: 0 },
      { strategy: 'pcg', prompts: ['a', 'the rest'] },
    ];
    for (const plan of plans) {
      const own = await sample(weights, plan);
      const theirs = await sample(exported, plan);
      assert.equal(theirs.form, 'exported-step');
      for (const [i, { tokens, text, logprobs, ended }] of theirs.samples.entries()) {
        const same = own.samples[i]!;
        assert.deepEqual(
          { tokens, text, ended },
          { tokens: same.tokens, text: same.text, ended: same.ended },
        );
        assert.ok(logprobs.every((x, at) => Math.abs(x - same.logprobs[at]!) < 1e-4));
      }
    }
  });
}

test('weights beside an exported model are preferred', async () => {
  const dir = writeExport('both', 'onnx/model.onnx', Uint8Array.of(1));
  cpSync(join(weights.dir, 'model.safetensors'), join(dir, 'model.safetensors'));
  assert.equal((await openCheckpoint(dir)).exportedModel, undefined);
});

test('an exported model that takes no past is refused by name', async () => {
  const graph = new Graph('other');
  graph.input('input_ids', 'int64', ['batch', 'new']);
  graph.op('Identity', ['input_ids'], {}, 'logits');
  graph.output('logits', 'int64', ['batch', 'new']);
  const exported = await openCheckpoint(writeExport('no-past', 'model.onnx', encodeModel(graph)));
  await assert.rejects(sample(exported), (error) => {
    assert.ok(error instanceof UserError && error.action);
    assert.match(error.message, /model\.onnx cannot be sampled: it takes no past/);
    return true;
  });
});

test('an exported model cannot score', async () => {
  const exported = await openCheckpoint(writeExport('score', 'model.onnx', buildExportedGraph(weights)));
  const scores = scoreTexts({ checkpoint: exported, texts: [], execution: EXECUTION, signal });
  await assert.rejects(scores.next(), UserError);
});
