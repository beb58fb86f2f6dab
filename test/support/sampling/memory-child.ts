// Samples a checkpoint in one large batch and prints a digest: run where memory is scarce, and where it is not.

import { createHash } from 'node:crypto';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import {
  type GeneratedSample,
  type SamplerEnvironment,
  sampleModel,
} from '../../../server/sampling/sample-model.ts';

const N_SAMPLES = 2048;
const samples: GeneratedSample[] = [];
let environment: SamplerEnvironment | null = null;
const request = {
  checkpoint: await openCheckpoint(process.argv[2]!),
  plan: {
    ...defaultSampling,
    ...{ nSamples: N_SAMPLES, maxTokens: 2048, seed: 1 },
  },
  execution: { provider: 'cpu', batch: N_SAMPLES, workers: 1 } as const,
  isDone: () => false,
  signal: new AbortController().signal,
  onEnvironment: (latest: SamplerEnvironment) => {
    environment = latest;
  },
};
for await (const batch of sampleModel(request)) samples.push(...batch);
samples.sort((a, b) => a.sampleId - b.sampleId);
const hash = createHash('sha256');
for (const { tokens, logprobs } of samples) hash.update(tokens).update(logprobs);
console.log(JSON.stringify({ nSamples: samples.length, environment, digest: hash.digest('hex') }));
process.exit(0);
