// Plans for tests: defaults for everything but what a test is about.

import { PLAN_VERSION, type SamplingPlan, type StudyPlan } from '../../protocol/study.ts';
import { defaultRule, defaultSampling } from '../../server/plan/plan.ts';

export const modelPlan = (
  model: string,
  corpus: readonly string[],
  sampling: Partial<SamplingPlan> = {},
): StudyPlan => ({
  version: PLAN_VERSION,
  source: { kind: 'model', model },
  corpus,
  sampling: { ...defaultSampling, ...sampling },
  rule: defaultRule,
});

/** For samples that were made elsewhere, as texts. */
export const scanPlan = (samples: string, corpus: readonly string[]): StudyPlan => ({
  version: PLAN_VERSION,
  source: { kind: 'samples', samples, model: null },
  corpus,
  sampling: defaultSampling,
  rule: defaultRule,
});
