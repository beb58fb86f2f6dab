// The plan's first shape, which had a pair of nulls instead of a source. Reports and exports keep it, since programs
// that read them know no other; plans in it are read wherever plans are.

import type { StudyPlan } from '../../protocol/study.ts';

export interface PlanOfVersion1 {
  /** Null where the samples were made elsewhere and no model was named. */
  readonly model: string | null;
  /** Null where a model is sampled. */
  readonly samples: string | null;
  /** There for a served model, whose address is `model`. */
  readonly servedName?: string;
  readonly start?: string;
  readonly corpus: StudyPlan['corpus'];
  readonly control?: NonNullable<StudyPlan['control']>;
  readonly columns?: NonNullable<StudyPlan['columns']>;
  readonly ignore?: false;
  readonly contents?: string;
  /** `topP` is 1 where nothing is cut off, and `products` is left out for 32-bit floats. */
  readonly sampling: Omit<StudyPlan['sampling'], 'topP' | 'int8'> & {
    readonly topP: number;
    readonly products?: 'int8';
  };
  readonly rule: StudyPlan['rule'];
}

export function toVersion1(plan: StudyPlan): PlanOfVersion1 {
  const { source, corpus, control, columns, ignore, contents, sampling, rule } = plan;
  const { strategy, nSamples, maxTokens, topK, topP, temperature, seed, prompts, int8 } = sampling;
  return {
    model: source.model,
    samples: source.kind === 'samples' ? source.samples : null,
    ...(source.kind === 'served' ? { servedName: source.servedName, start: source.start } : {}),
    corpus,
    ...(control === undefined ? {} : { control }),
    ...(columns === undefined ? {} : { columns }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(contents === undefined ? {} : { contents }),
    sampling: {
      ...{ strategy, nSamples, maxTokens, topK, topP: topP ?? 1, temperature, seed, prompts },
      ...(int8 ? { products: 'int8' } : {}),
    },
    rule,
  };
}
