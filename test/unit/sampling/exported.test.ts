// A folder that holds an exported model instead of weights gives the samples and the scores that the weights would,
// whatever its architecture is called and however its past is laid out.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import type { SamplingPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { readSignature } from '../../../server/sampling/exported/onnx-signature.ts';
import {
  type Checkpoint,
  type ExportedModel,
  openCheckpoint,
  openModel,
} from '../../../server/sampling/model/checkpoint.ts';
import { encodeModel, Graph } from '../../../server/sampling/onnx/onnx-graph.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import type { GeneratedSample, SamplerEnvironment } from '../../../server/sampling/sample-model.ts';
import { type Score, scoreTexts } from '../../../server/sampling/score.ts';
import { buildExportedGraph, type ExportOptions } from '../../bench/sampler-exported-graph.ts';
import { collectSamples } from '../../support/sampling/collect-samples.ts';
import {
  encodeSafetensors,
  randomTensors,
  writeRandomCheckpoint,
} from '../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIG } from '../../support/sampling/tiny-configs.ts';
import { dimsOf, watchRuns } from '../../support/sampling/watch-sessions.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
process.env.XDG_CACHE_HOME = join(folder, 'cache');
const weights = await openCheckpoint(writeRandomCheckpoint(join(folder, 'weights')));
/** Ends so often that most rows of a batch do. */
const shortLived = await openCheckpoint(
  writeRandomCheckpoint(join(folder, 'short-lived'), {
    config: { eos_token_id: Array.from({ length: 30 }, (_, i) => 10 * i + 9) },
  }),
);
/** Four heads of queries, of which two and two read the same keys and values. */
const grouped = await openCheckpoint(writeGroupedCheckpoint(join(folder, 'grouped')));

function writeGroupedCheckpoint(dir: string): string {
  const config = { ...TINY_CONFIG, n_head: 4 };
  writeRandomCheckpoint(dir, { config });
  const width = config.n_embd;
  const headWidth = width / config.n_head;
  const tensors = randomTensors(config, 1);
  for (const { name, values } of tensors) {
    if (!/attn\.c_attn\./.test(name)) continue;
    for (let row = 0; row < values.length; row += 3 * width) {
      for (let at = width; at < 3 * width; at += 2 * headWidth)
        values.copyWithin(row + at + headWidth, row + at, row + at + headWidth);
    }
  }
  writeFileSync(join(dir, 'model.safetensors'), encodeSafetensors(tensors, 'F32'));
  return dir;
}

type Files = Readonly<Record<string, Uint8Array | string>>;
let nFolders = 0;

function writeExport(files: Files, source: Checkpoint = weights): string {
  const dir = join(folder, `export-${nFolders++}`);
  mkdirSync(dir);
  for (const kept of ['config.json', 'tokenizer.json']) cpSync(join(source.dir, kept), join(dir, kept));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), content);
  }
  return dir;
}

const PLAN: SamplingPlan = {
  ...defaultSampling,
  ...{ nSamples: 9, maxTokens: 40, topK: 20, seed: 4 },
};
const EXECUTION = { provider: 'cpu', batch: 4, workers: 1 } as const;
const signal = new AbortController().signal;

async function sample(checkpoint: Checkpoint | ExportedModel, plan: Partial<SamplingPlan> = {}) {
  let form = '';
  const onEnvironment = (environment: SamplerEnvironment) => {
    form = environment.form;
  };
  const asked = { plan: { ...PLAN, ...plan }, execution: EXECUTION, onEnvironment };
  return { samples: await collectSamples(checkpoint, asked), form };
}

const TEXTS = ['the rest is silence\n'.repeat(9), 'a', '', 'def f(x):\n    return x\n'];

async function score(checkpoint: Checkpoint | ExportedModel): Promise<readonly Score[]> {
  const texts = TEXTS.map((text) => new TextEncoder().encode(text));
  const scores: Score[] = [];
  for await (const one of scoreTexts({ checkpoint, texts, execution: EXECUTION, signal })) scores.push(one);
  return scores;
}

const PLANS: readonly Partial<SamplingPlan>[] = [
  {},
  { temperature: 0 },
  { strategy: 'pcg', prompts: ['a', 'the rest'] },
];

interface Expected {
  readonly samples: readonly (readonly GeneratedSample[])[];
  readonly scores: readonly Score[];
}

/** What the weights themselves give, made once for each model. */
const expectedOf = (() => {
  const made = new Map<Checkpoint, Promise<Expected>>();
  const make = async (source: Checkpoint): Promise<Expected> => {
    const samples: (readonly GeneratedSample[])[] = [];
    for (const plan of PLANS) samples.push((await sample(source, plan)).samples);
    return { samples, scores: await score(source) };
  };
  return (source: Checkpoint): Promise<Expected> => {
    if (!made.has(source)) made.set(source, make(source));
    return made.get(source)!;
  };
})();

/**
 * Compares the samples of the first `nPlans` plans, and the scores. With more `rounding` than that of 32 bits a sample may
 * leave the way at one token and never come back.
 */
async function assertSame(
  dir: string,
  source: Checkpoint,
  { nPlans = PLANS.length, rounding = 1e-4 }: { readonly nPlans?: number; readonly rounding?: number } = {},
): Promise<void> {
  const exported = await openModel(dir);
  assert.equal(exported.kind, 'exported');
  assert.notEqual(exported.digest, source.digest);
  const expected = await expectedOf(source);
  for (const [at, plan] of (rounding > 1e-4 ? [] : PLANS.slice(0, nPlans)).entries()) {
    const theirs = await sample(exported, plan);
    assert.equal(theirs.form, 'exported-step');
    assert.equal(theirs.samples.length, PLAN.nSamples);
    for (const [i, { tokens, text, logprobs, ended }] of theirs.samples.entries()) {
      const same = expected.samples[at]![i]!;
      assert.deepEqual({ tokens, text, ended }, { tokens: same.tokens, text: same.text, ended: same.ended });
      assert.ok(logprobs.every((x, at) => Math.abs(x - same.logprobs[at]!) < 1e-4));
    }
  }
  for (const [i, { tokens, logprobs }] of (await score(exported)).entries()) {
    assert.deepEqual(tokens, expected.scores[i]!.tokens);
    assert.ok(logprobs.every((x, at) => Math.abs(x - expected.scores[i]!.logprobs[at]!) < rounding));
  }
  if (rounding <= 1e-4) return;
  // Most tokens are the same all the same.
  const theirs = await sample(exported);
  const nSame = theirs.samples.filter(
    ({ text }, i) => Buffer.compare(text, expected.samples[0]![i]!.text) === 0,
  ).length;
  assert.ok(nSame >= 6, `${nSame} of 9 samples are the same`);
}

describe('the same samples and scores as from weights', () => {
  const graph = buildExportedGraph(weights);
  const wholeTexts = buildExportedGraph(weights, { past: 'none' });
  const layouts: Readonly<Record<string, Files>> = {
    'onnx/model.onnx': { 'onnx/model.onnx': graph },
    'model.onnx': { 'model.onnx': graph },
    'onnx/decoder_model_merged.onnx': { 'onnx/decoder_model_merged.onnx': graph },
    'decoder_with_past_model.onnx alone': { 'decoder_with_past_model.onnx': graph },
    'decoder_with_past_model.onnx with decoder_model.onnx': {
      'onnx/decoder_with_past_model.onnx': graph,
      'onnx/decoder_model.onnx': wholeTexts,
    },
  };
  for (const [i, [name, files]] of Object.entries(layouts).entries()) {
    // They hold the same graph for sampling, so one plan shows that each is found.
    test(name, () => assertSame(writeExport(files), weights, { nPlans: i === 0 ? PLANS.length : 1 }));
  }

  test('where rows end early', () =>
    assertSame(writeExport({ 'model.onnx': buildExportedGraph(shortLived) }, shortLived), shortLived));

  const otherConfig = JSON.stringify({
    ...{ model_type: 'starry', hidden_size: 32, num_attention_heads: 4, num_key_value_heads: 2 },
    ...{ max_position_embeddings: 96, vocab_size: 300, rope_theta: 10_000 },
  });
  const generation = '{"bos_token_id": 299, "eos_token_id": [299]}';
  const variations: Readonly<Record<string, ExportOptions>> = {
    'another architecture with grouped heads': { nKeyHeads: 2 },
    'a graph that is told how many logits to give': { logits: 'asked' },
    'a graph that leaves sizes to config.json': { nKeyHeads: 2, sizes: 'untold' },
    'keys, values and logits in 16 bits': { nKeyHeads: 2, type: 'float16' },
  };
  for (const [name, options] of Object.entries(variations)) {
    test(name, () =>
      assertSame(
        writeExport(
          {
            'onnx/model.onnx': buildExportedGraph(grouped, options),
            'config.json': otherConfig,
            'generation_config.json': generation,
          },
          grouped,
        ),
        grouped,
        options.type === 'float16' ? { rounding: 0.02 } : {},
      ),
    );
  }
});

test('weights beside the graph, through links as download caches keep them', async () => {
  const dir = writeExport({
    'blobs/1': buildExportedGraph(weights, { dataFile: 'model.onnx_data' }),
    'blobs/2': readFileSync(join(weights.dir, 'model.safetensors')),
    'onnx/readme': '',
  });
  symlinkSync('../blobs/1', join(dir, 'onnx/model.onnx'));
  symlinkSync('../blobs/2', join(dir, 'onnx/model.onnx_data'));
  await assertSame(dir, weights, { nPlans: 1 });
  const exported = (await openModel(dir)) as ExportedModel;
  assert.ok(exported.decoder.path.startsWith(join(folder, 'cache')));
  // Not through links they stay where they are.
  const plain = writeExport({
    'model.onnx': buildExportedGraph(weights, { dataFile: 'model.onnx_data' }),
    'model.onnx_data': readFileSync(join(weights.dir, 'model.safetensors')),
  });
  const there = (await openModel(plain)) as ExportedModel;
  assert.equal(there.decoder.path, join(plain, 'model.onnx'));
  assert.equal(there.digest, exported.digest);
  await assertSame(plain, weights, { nPlans: 1 });
});

test('rows that ended cost nothing any more', async () => {
  const dir = writeExport({ 'model.onnx': buildExportedGraph(shortLived) }, shortLived);
  const exported = (await openModel(dir)) as ExportedModel;
  const rule = { topK: 0, topP: 1, greedy: false };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: dir } as const;
  const open = () => openSampler(exported, rule, { kind: 'exported', rows: 'together' }, session);
  const { value: sampler, fed } = await watchRuns(open);
  const settings = { seed: 1, maxTokens: 60, schedule: { kind: 'constant', temperature: 1 } } as const;
  const requests = Array.from({ length: 32 }, (_, sampleId) => ({ sampleId, prompt: [299] }));
  const rows = await sampler(settings, requests, () => false);
  const sizes = dimsOf(fed, 'input_ids').map((dims) => Number.parseInt(dims, 10));
  assert.ok(rows!.filter(({ ended }) => ended === 'eos').length > 24);
  const nNeeded = rows!.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const nRun = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(nRun < 1.34 * nNeeded, `${nRun} rows were run for ${nNeeded} tokens`);
});

test('weights in a file of any name are part of the model, and have to be whole', async () => {
  const graph = buildExportedGraph(weights, { dataFile: 'parts/numbers.bin' });
  const numbers = readFileSync(join(weights.dir, 'model.safetensors'));
  const dir = writeExport({ 'model.onnx': graph, 'parts/numbers.bin': numbers });
  const before = await openModel(dir);
  assert.equal(before.weightBytes, graph.length + numbers.length);
  const changed = Uint8Array.from(numbers, (byte, i) => (i === numbers.length - 2 ? byte ^ 1 : byte));
  writeFileSync(join(dir, 'parts/numbers.bin'), changed);
  assert.notEqual((await openModel(dir)).digest, before.digest);
  writeFileSync(join(dir, 'parts/numbers.bin'), numbers.subarray(0, -3));
  await assertRefused(() => openModel(dir), /numbers\.bin is cut short: it ends at byte/);
  rmSync(join(dir, 'parts/numbers.bin'));
  await assertRefused(
    () => openModel(dir),
    /keeps weights in parts\/numbers\.bin, and there is no such file/,
  );
  const outside = buildExportedGraph(weights, { dataFile: '../numbers.bin' });
  await assertRefused(() => openModel(writeExport({ 'model.onnx': outside })), /is not below its folder/);
});

describe('rows that influence each other', async () => {
  const dir = writeExport({ 'model.onnx': buildExportedGraph(weights, { rows: 'mixed' }) });
  const exported = await openModel(dir);

  test('run alone, so that a sample is the same in every batch', async () => {
    const notes: string[] = [];
    const onEnvironment = ({ form, batch, fallbacks }: SamplerEnvironment) => {
      assert.deepEqual([form, batch], ['exported-alone', 1]);
      notes.push(...fallbacks);
    };
    const plan = { ...PLAN, nSamples: 3, maxTokens: 12 };
    const asked = { plan, execution: EXECUTION, onEnvironment };
    const samples = await collectSamples(exported, asked);
    assert.match(notes.join(), /rows of a batch influence each other/);
    const [alone] = await collectSamples(exported, { ...asked, plan: { ...plan, nSamples: 1 } });
    assert.deepEqual(samples[0], alone);
  });

  test('are scored as they are sampled', async () => {
    const plan = { ...PLAN, nSamples: 1, maxTokens: 12, topK: 1 };
    const [made] = await collectSamples(exported, { plan, execution: EXECUTION, onEnvironment: () => {} });
    const asked = { checkpoint: exported, texts: [made!.text], execution: EXECUTION, signal };
    for await (const { tokens, logprobs } of scoreTexts(asked)) {
      if (tokens.join() === made!.tokens.join()) assert.deepEqual(logprobs, made!.logprobs);
      assert.equal(logprobs.length, tokens.length);
    }
  });
});

test('what the runtime refuses is told of the file', async () => {
  const made = new Graph('other');
  made.input('input_ids', 'int64', ['batch', 'new']);
  made.input('past_key_values.0.key', 'float32', ['batch', 2, 'past', 16]);
  made.op('NoSuchOperator', ['input_ids'], {}, 'logits');
  made.op('Identity', ['past_key_values.0.key'], {}, 'present.0.key');
  made.output('logits', 'float32', ['batch', 'new', 300]);
  made.output('present.0.key', 'float32', ['batch', 2, 'past', 16]);
  const exported = await openModel(writeExport({ 'model.onnx': encodeModel(made) }));
  await assertRefused(() => sample(exported), /The runtime cannot use .*model\.onnx: .*NoSuchOperator/);
});

test('genai_config.json stands for config.json, and names the graph', async () => {
  const dir = writeExport({
    'decoder.onnx': buildExportedGraph(weights, { sizes: 'untold' }),
    'genai_config.json': JSON.stringify({
      model: {
        ...{ type: 'gpt2', vocab_size: 300, context_length: 96, bos_token_id: 299, eos_token_id: [299] },
        decoder: { filename: 'decoder.onnx', hidden_size: 32, num_attention_heads: 2, head_size: 16 },
      },
    }),
  });
  rmSync(join(dir, 'config.json'));
  await assertSame(dir, weights, { nPlans: 1 });
});

test('positions that fall off with distance have no end', async () => {
  const config = { model_type: 'bloom', n_head: 2, n_embd: 32, vocab_size: 300, bos_token_id: 299 };
  const dir = writeExport({
    'model.onnx': buildExportedGraph(weights, { sizes: 'untold' }),
    'config.json': JSON.stringify(config),
  });
  const { samples } = await sample(await openModel(dir), { nSamples: 1 });
  assert.equal(samples[0]!.tokens.length, PLAN.maxTokens);
});

test('an export is taken where weights are of an architecture that is not known', async () => {
  const dir = writeExport({
    'onnx/model.onnx': buildExportedGraph(weights),
    'model.safetensors': 'anything',
    'config.json': JSON.stringify({ ...TINY_CONFIG, model_type: 'starry' }),
  });
  assert.equal((await openModel(dir)).kind, 'exported');
});

test('weights beside an exported model are preferred', async () => {
  const dir = writeExport({ 'onnx/model.onnx': Uint8Array.of(1) });
  cpSync(join(weights.dir, 'model.safetensors'), join(dir, 'model.safetensors'));
  assert.equal((await openModel(dir)).kind, 'weights');
});

test('a graph that takes no past scores and is not sampled', async () => {
  const dir = writeExport({ 'model.onnx': buildExportedGraph(weights, { past: 'none' }) });
  const exported = await openModel(dir);
  const expected = await score(weights);
  for (const [i, { meanNll }] of (await score(exported)).entries()) {
    assert.ok(meanNll === expected[i]!.meanNll || Math.abs(meanNll! - expected[i]!.meanNll!) < 1e-4);
  }
  await assertRefused(() => sample(exported), /model\.onnx cannot be sampled: it takes no past/);
});

test('a graph whose positions see what is behind them does not score', async () => {
  const dir = writeExport({ 'model.onnx': buildExportedGraph(weights, { sight: 'all' }) });
  const exported = await openModel(dir);
  await assertRefused(() => score(exported), /cannot score: it reads several tokens at once otherwise/);
});

describe('refused by name', () => {
  const graph = buildExportedGraph(weights);
  const other = (build: (graph: Graph) => void) => {
    const made = new Graph('other');
    build(made);
    made.op('Identity', ['input_ids'], {}, 'logits');
    made.output('logits', 'float32', ['batch', 'new', 300]);
    return { 'model.onnx': encodeModel(made) };
  };
  const config = (change: object) => ({
    'model.onnx': buildExportedGraph(weights, { sizes: 'untold' }),
    'config.json': JSON.stringify({ model_type: 'other', vocab_size: 300, n_positions: 96, ...change }),
  });
  const cases: Readonly<Record<string, readonly [Files, RegExp]>> = {
    'a file that is none': [
      { 'model.onnx': 'version https://…' },
      /model\.onnx is damaged, or no ONNX model/,
    ],
    'a file that is cut short': [{ 'model.onnx': graph.subarray(0, 4000) }, /is damaged, or no ONNX model/],
    'an empty file': [{ 'model.onnx': '' }, /is damaged, or no ONNX model/],
    'another input': [
      other((one) => {
        one.input('input_ids', 'int64', ['batch', 'new']);
        one.input('pixels', 'float32', ['batch']);
      }),
      /its input pixels is not known/,
    ],
    'inputs of another type': [
      other((one) => one.input('input_ids', 'int32', ['batch', 'new'])),
      /its input input_ids is int32 and not int64/,
    ],
    'a past that is not given back': [
      other((one) => {
        one.input('input_ids', 'int64', ['batch', 'new']);
        one.input('past_key_values.0.key', 'float32', ['batch', 2, 'past', 16]);
      }),
      /it does not give present\.0\.key/,
    ],
    'a past of unknown size': [
      config({ bos_token_id: 1 }),
      /does not say the size of past_key_values\.0\.key/,
    ],
    'no length of the context': [
      config({ n_head: 2, n_embd: 32, n_positions: undefined, bos_token_id: 1 }),
      /config\.json: none of n_positions, max_position_embeddings/,
    ],
    'no beginning': [config({ n_head: 2, n_embd: 32 }), /neither "bos_token_id" nor "eos_token_id"/],
    'an end outside of the vocabulary': [
      config({ n_head: 2, n_embd: 32, eos_token_id: 300 }),
      /"eos_token_id" is 300, which is no token of a vocabulary of 300/,
    ],
    "another model's tokenizer": [
      config({ n_head: 2, n_embd: 32, bos_token_id: 1, vocab_size: 200 }),
      /has 300 tokens and the model's embedding 200 rows/,
    ],
  };
  for (const [name, [files, message]] of Object.entries(cases)) {
    test(name, () => assertRefused(() => openModel(writeExport(files)), message));
  }

  test('where weights are needed', () =>
    assertRefused(
      () => openCheckpoint(writeExport({ 'model.onnx': graph })),
      /exported model and no weights/,
    ));

  test('with 8-bit products', async () => {
    const exported = await openModel(writeExport({ 'model.onnx': graph }));
    await assertRefused(() => sample(exported, { int8: true }), /computes as it was exported/);
  });
});

test('a signature is read without the weights, and says what the graph was built with', () => {
  const dir = writeExport({ 'model.onnx': buildExportedGraph(grouped, { nKeyHeads: 2 }) });
  const { inputs, outputs } = readSignature(join(dir, 'model.onnx'));
  assert.deepEqual(inputs.slice(0, 4), [
    { name: 'input_ids', type: 'int64', shape: ['batch', 'new'] },
    { name: 'attention_mask', type: 'int64', shape: ['batch', 'all'] },
    { name: 'position_ids', type: 'int64', shape: ['batch', 'new'] },
    { name: 'past_key_values.0.key', type: 'float32', shape: ['batch', 2, 'past', 8] },
  ]);
  assert.deepEqual(outputs.at(-1), { name: 'logits', type: 'float32', shape: ['batch', 'new', 300] });
});

async function assertRefused(work: () => Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof UserError && error.action, String(error));
    assert.match(error.message, message);
    return true;
  });
}
