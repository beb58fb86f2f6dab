// One measurement of the sampler in a process of its own, so that peak memory is its own too. Takes the
// measurement as JSON, prints the result as JSON.

import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultSampling } from '../../server/plan/plan.ts';
import { scoreBatch } from '../../server/sampling/forms/score/score-batch.ts';
import { openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { openSampler, openTeacherForcing } from '../../server/sampling/run/open-sampler.ts';
import { quantizeModel } from '../../server/sampling/run/quantize-model.ts';
import { sampleModel } from '../../server/sampling/sample-model.ts';
import { floorOf, measureCacheReading } from './sampler-floor.ts';
import type { Measurement, Result } from './sampler-measurement.ts';
import { measureRoofline } from './sampler-roofline.ts';

const nThreads = availableParallelism();
const { signal } = new AbortController();
const CACHED = { kind: 'cached' } as const;
const RULE = { topK: 40, topP: 1, greedy: false };

async function measure(measurement: Measurement): Promise<Result> {
  if (measurement.kind === 'transformers.js') return measureTransformersJs(measurement);
  if (measurement.kind === 'llama.cpp') return measureLlamaCpp(measurement);
  const startedAt = performance.now();
  const checkpoint = await openCheckpoint(measurement.dir);
  const { weightFolder } = checkpoint;
  const settings = { provider: 'cpu', nThreads, weightFolder } as const;
  switch (measurement.kind) {
    case 'roofline': {
      const { rows, tokens } = measurement;
      const products = await measureRoofline(checkpoint, rows, nThreads);
      if (tokens === undefined) return products;
      const reading = await measureCacheReading(nThreads);
      const { cacheBytesPerPosition } = checkpoint;
      return { ...products, floorTokensPerSecond: floorOf(products, reading, cacheBytesPerPosition, tokens) };
    }
    case 'load': {
      await openSampler(checkpoint, RULE, CACHED, settings);
      return { seconds: (performance.now() - startedAt) / 1000, tokensPerSecond: 0, tokensPerCpuSecond: 0 };
    }
    case 'generate': {
      const { batch, tokens, products, topK = 40, topP = 1 } = measurement;
      const config = { ...checkpoint.config, eosTokens: [] };
      const source = products === undefined ? checkpoint : await quantizeModel(checkpoint, signal);
      const session = { ...settings, weightFolder: source.weightFolder };
      const sample = await openSampler({ ...source, config }, { ...RULE, topK, topP }, CACHED, session);
      const schedule = { kind: 'constant', temperature: 1 } as const;
      const rows = Array.from({ length: batch }, (_, sampleId) => ({ sampleId, prompt: [config.bosToken] }));
      const make = (maxTokens: number) => sample({ seed: 0, maxTokens, schedule }, rows, () => false);
      await make(4);
      return timed(batch * tokens, () => make(tokens));
    }
    case 'score': {
      const readTexts = await openTeacherForcing(checkpoint, settings);
      const { texts, tokens } = measurement;
      const window = {
        text: 0,
        start: 0,
        nKnown: 1,
        tokens: Array.from({ length: tokens + 1 }, (_, i) => i * 7),
      };
      await scoreBatch(readTexts, [window]);
      return timed(texts * tokens, async () => {
        for (let i = 0; i < texts; i++) await scoreBatch(readTexts, [window]);
      });
    }
    case 'study': {
      const request = {
        checkpoint,
        plan: { ...defaultSampling, nSamples: measurement.samples, maxTokens: measurement.tokens },
        execution: { provider: 'auto', batch: measurement.batch, workers: 'auto' } as const,
        isDone: () => false,
        signal,
        onEnvironment: () => {},
      };
      let nTokens = 0;
      const cpuBefore = process.cpuUsage();
      for await (const samples of sampleModel(request))
        for (const { tokens } of samples) nTokens += tokens.length;
      const seconds = (performance.now() - startedAt) / 1000;
      return {
        seconds,
        tokensPerSecond: nTokens / seconds,
        tokensPerCpuSecond: nTokens / cpuSeconds(cpuBefore),
      };
    }
  }
}

async function timed(nTokens: number, work: () => Promise<unknown>): Promise<Result> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, tokensPerSecond: nTokens / seconds, tokensPerCpuSecond: nTokens / cpuSeconds(before) };
}

function cpuSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function measureTransformersJs({
  dir,
  batch,
  tokens,
  modules,
}: Measurement & { kind: 'transformers.js' }) {
  const entry = join(modules, 'node_modules/@huggingface/transformers/dist/transformers.node.mjs');
  const { AutoModelForCausalLM, Tensor, env } = await import(pathToFileURL(entry).href);
  env.allowRemoteModels = false;
  env.localModelPath = dirname(dir);
  const model = await AutoModelForCausalLM.from_pretrained(basename(dir), { dtype: 'fp32', device: 'cpu' });
  const ids = new Tensor('int64', new BigInt64Array(batch), [batch, 1]);
  const mask = new Tensor('int64', new BigInt64Array(batch).fill(1n), [batch, 1]);
  const settings = { do_sample: true, top_k: 40, eos_token_id: null, pad_token_id: 0 };
  const make = (n: number) =>
    model.generate({ inputs: ids, attention_mask: mask, ...settings, max_new_tokens: n, min_new_tokens: n });
  await make(4);
  return timed(batch * tokens, () => make(tokens));
}

/** A sequence for each row, all of them in one batch at every step, as its authors advise for many outputs at once. */
async function measureLlamaCpp({
  dir,
  batch,
  tokens,
  flashAttention,
  modules,
}: Measurement & { kind: 'llama.cpp' }) {
  const entry = join(modules, 'node_modules/node-llama-cpp/dist/index.js');
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: nThreads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: dir });
  const context = await model.createContext({
    ...{ sequences: batch, contextSize: tokens + 8, batchSize: Math.max(batch, 64), threads: nThreads },
    flashAttention,
  });
  const sequences = Array.from({ length: batch }, () => context.getSequence());
  const picking = { temperature: 1, topK: 40, topP: 1, minP: 0, seed: 7, yieldEogToken: true };
  const make = (n: number) =>
    Promise.all(
      sequences.map(async (sequence, row) => {
        await sequence.clearHistory();
        let nMade = 0;
        for await (const _ of sequence.evaluate([1], { ...picking, seed: row })) if (++nMade === n) break;
        if (nMade !== n) throw new Error(`row ${row} ended after ${nMade} tokens`);
      }),
    );
  await make(4);
  return timed(batch * tokens, () => make(tokens));
}

const baseBytes = process.memoryUsage.rss();
const result = await measure(JSON.parse(process.argv[2]!));
console.log(JSON.stringify({ ...result, baseBytes, peakBytes: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);
