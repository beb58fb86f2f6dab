// The demo study: what it samples and where its parts lie in the product.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PLAN_VERSION, type StudyPlan } from '../../protocol/study.ts';
import { EnvironmentError } from '../errors.ts';
import { defaultRule, defaultSampling } from './plan.ts';

export function demoPlan(productFolder: string): StudyPlan {
  const model = join(productFolder, 'media', 'demo-model');
  const corpus = join(productFolder, 'dist', 'demo-corpus', 'shards');
  for (const path of [model, corpus]) {
    if (existsSync(path)) continue;
    throw new EnvironmentError(`The demo is incomplete: ${path} is missing`, {
      action: 'In a checkout, run npm start once: it builds the demo corpus.',
    });
  }
  return {
    version: PLAN_VERSION,
    source: { kind: 'model', model },
    corpus: [corpus],
    sampling: { ...defaultSampling, nSamples: 256, maxTokens: 256 },
    rule: defaultRule,
  };
}
