// `verbatim score`, and where prompts come from, through the command line on the demo's model.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { buildExportedGraph } from '../bench/sampler-exported-graph.ts';
import { cli, demoCorpus, demoModel } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';

const rows = gunzipSync(readFileSync(join(demoCorpus, 'shard-0000.json.gz')))
  .toString()
  .split('\n')
  .slice(0, 40)
  .map((line) => JSON.parse(line) as { path: string; content: string });

test('memorised text scores far below its lines in another order; JSON holds every token', async () => {
  const folder = scratchFolder();
  const known = rows.find(({ content }) => content.length > 800 && content.length < 1500)!.content;
  const shuffled = known.split('\n').reverse().join('\n');
  const samples = join(folder, 'samples.jsonl');
  writeFileSync(samples, [known, shuffled].map((text) => JSON.stringify({ text })).join('\n'));
  const run = await cli(
    'score',
    '--model',
    demoModel,
    '--samples',
    samples,
    '--second-model',
    demoModel,
    '--json',
  );
  assert.equal(run.exitCode, 0, run.stderr);
  const [first, second] = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert(first.meanNll < 0.5 && second.meanNll > 2 * first.meanNll, `${first.meanNll} ${second.meanNll}`);
  assert.equal(first.logprobs.length, first.tokens.length);
  const mean = -first.logprobs.reduce((sum: number, x: number) => sum + x, 0) / first.tokens.length;
  assert(Math.abs(mean - first.meanNll) < 1e-6);
  assert(Math.abs(first.perplexity - Math.exp(first.meanNll)) < 1e-6);
  assert.equal(first.pplRatio, 1);
  const table = await cli('score', '--model', demoModel, '--samples', samples);
  assert.match(table.stdout, /^sample .*perplexity/);
  assert.equal(table.stdout.trim().split('\n').length, 3);
});

test('an exported model is sampled and scores texts as its weights do', async () => {
  const folder = scratchFolder();
  const model = join(folder, 'exported');
  mkdirSync(join(model, 'onnx'), { recursive: true });
  cpSync(join(demoModel, 'tokenizer.json'), join(model, 'tokenizer.json'));
  const weights = await openCheckpoint(demoModel);
  writeFileSync(join(model, 'onnx/model.onnx'), buildExportedGraph(weights));
  // Nothing of GPT-2's own configuration is needed: the graph says the rest.
  const { vocabularySize, nPositions, bosToken, eosTokens } = weights.config;
  const config = { model_type: 'any', vocab_size: vocabularySize, max_position_embeddings: nPositions };
  const json = { ...config, bos_token_id: bosToken, eos_token_id: eosTokens };
  writeFileSync(join(model, 'config.json'), JSON.stringify(json));
  const samples = join(folder, 'samples.jsonl');
  writeFileSync(
    samples,
    rows
      .slice(0, 3)
      .map(({ content }) => JSON.stringify({ text: content.slice(0, 900) }))
      .join('\n'),
  );
  const scoreUnder = async (dir: string) => {
    const run = await cli('score', '--model', dir, '--samples', samples, '--json');
    assert.equal(run.exitCode, 0, run.stderr);
    return run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).meanNll as number);
  };
  const [own, theirs] = [await scoreUnder(demoModel), await scoreUnder(model)];
  assert(own.length === 3 && own.every((value, i) => Math.abs(value - theirs[i]!) < 1e-4));
  const sampleFrom = async (dir: string) => {
    const out = join(folder, `${basename(dir)}.sqlite`);
    const plan = ['--samples', '4', '--max-tokens', '32', '--seed', '5', '--json'];
    const run = await cli('sample', '--model', dir, '--out', out, ...plan);
    assert.equal(run.exitCode, 0, run.stderr);
    const lines = run.stdout.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line).text as string).sort();
  };
  assert.deepEqual(await sampleFrom(model), await sampleFrom(demoModel));
});

test('prompts come from source files, and the fragments of a first study prompt a second', async () => {
  const folder = scratchFolder();
  const sources = join(folder, 'sources');
  mkdirSync(sources);
  for (const [i, { content }] of rows.entries()) writeFileSync(join(sources, `${i}.js`), content);
  const common = ['--corpus', demoCorpus, '--samples', '12', '--max-tokens', '96', '--seed', '3'];
  const first = join(folder, 'first.sqlite');
  const one = [
    'study',
    '--model',
    demoModel,
    ...common,
    '--out',
    first,
    '--strategy',
    'pcg',
    '--prompts',
    sources,
  ];
  const prompted = await cli(...one);
  assert.equal(prompted.exitCode, 0, prompted.stderr);
  const report = JSON.parse((await cli('report', first, '--format', 'json')).stdout);
  assert(report.study.plan.sampling.prompts.every((prompt: string) => /function|=>|\(/.test(prompt)));
  assert(report.fragments.length > 0);
  const two = ['study', '--model', demoModel, ...common, '--out', join(folder, 'second.sqlite')];
  const second = await cli(...two, '--strategy', 'tsg', '--prompts', first);
  assert.equal(second.exitCode, 0, second.stderr);
  const { study } = JSON.parse(
    (await cli('report', join(folder, 'second.sqlite'), '--format', 'json')).stdout,
  );
  const texts = report.fragments.map(({ text }: { text: string }) => text);
  assert.equal(study.plan.sampling.prompts.length, texts.length);
  assert(texts.includes(study.plan.sampling.prompts[0]));
});

test('--int8 notes in the study how far its distribution is from that of floats', async () => {
  const out = join(scratchFolder(), 's.sqlite');
  const run = await cli(
    'study',
    '--model',
    demoModel,
    '--corpus',
    demoCorpus,
    '--out',
    out,
    '--samples',
    '8',
    '--max-tokens',
    '64',
    '--int8',
  );
  assert.equal(run.exitCode, 0, run.stderr);
  const { study } = JSON.parse((await cli('report', out, '--format', 'json')).stdout);
  assert.match(study.environment.form, /int8/);
  assert(study.environment.distance.meanKl > 0 && study.environment.distance.meanKl < 0.2);
});
