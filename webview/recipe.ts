// The end of the dashboard: the plan, how it was run, and how to repeat it.

import type { Dashboard } from '../protocol/dashboard.ts';
import { element } from './element.ts';
import { panel, section } from './findings.ts';
import { count } from './numbers.ts';
import { button } from './ui.ts';

export function recipe(
  { summary, environment, repeat }: Dashboard,
  copy: (what: 'command' | 'plan' | 'prompts') => void,
): HTMLElement {
  const { plan } = summary;
  const { sampling, rule } = plan;
  const facts: readonly (readonly [string, string])[] = [
    ...(plan.model === null ? [] : [['Model', plan.model] as const]),
    ...(plan.samples === null ? [] : [['Samples from', plan.samples] as const]),
    ['Training data', plan.corpus.join(', ')],
    ...(plan.samples === null
      ? [
          ['Strategy', sampling.strategy] as const,
          ['Samples', `${count(sampling.nSamples)} of at most ${count(sampling.maxTokens)} tokens`] as const,
          [
            'Sampling',
            `top-k ${sampling.topK}, top-p ${sampling.topP}, temperature ${sampling.temperature}, seed ${sampling.seed}`,
          ] as const,
        ]
      : []),
    ['Rule', `at least ${rule.minLines} equal lines, profile ${rule.profile}`],
    ['Begun', new Date(summary.createdAt).toLocaleString()],
    ...environment,
  ];
  return section(
    'recipe',
    'The plan, and how to repeat it',
    element(
      'div',
      { class: 'panel' },
      element('h3', {}, 'Command'),
      element('pre', { tabindex: 0, 'aria-label': 'Command' }, element('code', {}, repeat.command)),
      ...(repeat.nPrompts > 0
        ? [
            element(
              'p',
              { class: 'note' },
              `It reads the study’s ${count(repeat.nPrompts)} prompts from prompts.jsonl: copy them into that file first.`,
            ),
          ]
        : []),
      element(
        'p',
        { class: 'actions' },
        button('Copy Command', 'primary', () => copy('command')),
        button('Copy Plan as JSON', 'secondary', () => copy('plan')),
        ...(repeat.nPrompts > 0 ? [button('Copy Prompts', 'secondary', () => copy('prompts'))] : []),
      ),
    ),
    panel(
      'Plan',
      element(
        'dl',
        {},
        ...facts.map(([name, value]) =>
          element('div', {}, element('dt', {}, name), element('dd', {}, value)),
        ),
      ),
    ),
  );
}
