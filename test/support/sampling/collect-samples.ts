// All samples of a plan, through the sampler's door, in the order of their ids.

import type { Execution, SamplingPlan } from '../../../protocol/study.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import type { Checkpoint, ExportedModel } from '../../../server/sampling/model/checkpoint.ts';
import {
  type GeneratedSample,
  type SamplerEnvironment,
  sampleModel,
} from '../../../server/sampling/sample-model.ts';

export interface SamplesAsked {
  readonly plan?: Partial<SamplingPlan>;
  readonly execution?: Partial<Execution>;
  readonly isDone?: (sampleId: number) => boolean;
  readonly onEnvironment?: (environment: SamplerEnvironment) => void;
}

export async function collectSamples(
  checkpoint: Checkpoint | ExportedModel,
  { plan, execution, isDone = () => false, onEnvironment = () => {} }: SamplesAsked = {},
): Promise<readonly GeneratedSample[]> {
  const samples: GeneratedSample[] = [];
  const request = {
    checkpoint,
    plan: { ...defaultSampling, ...plan },
    execution: { provider: 'auto', batch: 'auto', workers: 'auto', ...execution } as const,
    isDone,
    signal: new AbortController().signal,
    onEnvironment,
  };
  for await (const batch of sampleModel(request)) samples.push(...batch);
  return samples.sort((a, b) => a.sampleId - b.sampleId);
}
