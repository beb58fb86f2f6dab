// The end of the dashboard: the plan, how it was run, and how to repeat it.

import { forDom } from '../guard/text/for-dom.ts';
import type { Dashboard } from '../protocol/dashboard.ts';
import { isDrawn, STRATEGY_NAMES } from '../protocol/study.ts';
import { element } from './element.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count } from './numbers.ts';
import { button } from './ui.ts';

export function recipe(
  { summary, environment, repeat }: Dashboard,
  copy: (what: 'command' | 'plan' | 'prompts') => void,
): HTMLElement {
  const { plan } = summary;
  const { source, sampling, rule } = plan;
  const facts: readonly (readonly [string, string])[] = [
    ...(source.model === null ? [] : [[l10n.t('Model'), forDom(source.model)] as const]),
    ...(source.kind === 'served' ? [[l10n.t('Served as'), forDom(source.servedName)] as const] : []),
    ...(source.kind === 'samples' ? [[l10n.t('Samples from'), forDom(source.samples)] as const] : []),
    [l10n.t('Training data'), plan.corpus.map(forDom).join(', ')],
    ...(isDrawn(source)
      ? [
          [l10n.t('Strategy'), STRATEGY_NAMES[sampling.strategy]] as const,
          [
            l10n.t('Samples'),
            l10n.t('{0} of at most {1} tokens', count(sampling.nSamples), count(sampling.maxTokens)),
          ] as const,
          [
            l10n.t('Sampling'),
            l10n.t(
              'top-k {0}, top-p {1}, temperature {2}, seed {3}',
              sampling.topK,
              sampling.topP ?? 1,
              sampling.temperature,
              sampling.seed,
            ),
          ] as const,
          ...(sampling.int8 ? [[l10n.t('Products'), l10n.t('in 8-bit integers')] as const] : []),
        ]
      : []),
    ...(plan.map === undefined
      ? [
          [
            l10n.t('Rule'),
            l10n.t('at least {0} equal lines, profile {1}', rule.minLines, rule.profile),
          ] as const,
        ]
      : mapFacts(plan.map, sampling)),
    [l10n.t('Begun'), new Date(summary.createdAt).toLocaleString()],
    ...environment.map(([name, value]) => [name, forDom(value)] as const),
  ];
  return section(
    'recipe',
    l10n.t('The plan, and how to repeat it'),
    element(
      'div',
      { class: 'panel' },
      element('h3', {}, l10n.t('Command')),
      commandText(repeat.command),
      ...(repeat.command !== null && repeat.nPrompts > 0
        ? [
            element(
              'p',
              { class: 'note' },
              l10n.t(
                'It reads the study’s {0} prompts from prompts.jsonl: copy them into that file first.',
                count(repeat.nPrompts),
              ),
            ),
          ]
        : []),
      element(
        'p',
        { class: 'actions' },
        ...(repeat.command === null
          ? []
          : [button(l10n.t('Copy Command'), 'primary', () => copy('command'))]),
        button(l10n.t('Copy Plan as JSON'), 'secondary', () => copy('plan')),
        ...(repeat.nPrompts > 0 ? [button(l10n.t('Copy Prompts'), 'secondary', () => copy('prompts'))] : []),
      ),
    ),
    panel(
      l10n.t('Plan'),
      'plan',
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

function mapFacts(
  { prefix, suffix, stride, context, keep, control }: NonNullable<Dashboard['summary']['plan']['map']>,
  { topK, temperature }: Dashboard['summary']['plan']['sampling'],
): readonly (readonly [string, string])[] {
  return [
    [
      l10n.t('Windows'),
      l10n.t('prefix {0}, suffix {1}, stride {2}, {3} context', prefix, suffix, stride, context),
    ],
    [l10n.t('Drawing'), l10n.t('top-k {0}, temperature {1}', topK, temperature)],
    [l10n.t('Kept'), l10n.t('windows with p ≥ {0}', keep)],
    ...(control.length > 0 ? [[l10n.t('Control'), control.map(forDom).join(', ')] as const] : []),
  ];
}

function commandText(command: string | null): HTMLElement {
  if (command === null) {
    const reason = l10n.t(
      'A name in its plan holds characters that are not seen, so there is no safe command.',
    );
    return element('p', { class: 'note' }, reason);
  }
  return element('pre', { tabindex: 0, 'aria-label': l10n.t('Command') }, element('code', {}, command));
}
