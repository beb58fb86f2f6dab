import { parsePlans } from '../../../server/plan/parse-plan.ts';
import { readPlanText } from '../../../server/plan/read-plan-text.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const plan = {
  model: '/models/x',
  corpus: ['/data/a.jsonl', 'hf://datasets/o/n'],
  sampling: { strategy: 'npg', nSamples: 100, temperature: [0.5, 1], topK: 40, maxTokens: 64, seed: 7 },
  rule: { minLines: 6, profile: 'exact-1' },
  columns: { content: 'text' },
};

export const harness: Harness = {
  fileName: 'plan.verbatim.json',
  seeds: () =>
    [plan, { model: 'm', corpus: 'c' }].map((value) => Buffer.from(JSON.stringify(value, null, 1))),
  read: (_, file) => outcomeOf(() => parsePlans(readPlanText(file))),
  isDamage: () => true,
};
