// Asks how samples are drawn: the four strategies of the published study.

import { l10n } from 'vscode';
import type { Strategy } from '../../protocol/study.ts';
import { type Answer, askChoice, type Choice, type Step } from './multi-step.ts';

/** A server cannot be asked for a temperature that falls. */
export function askStrategy(at: Step, current: Strategy, isServed: boolean): Promise<Answer<Strategy>> {
  const choices: readonly Choice<Strategy>[] = [
    {
      value: 'npg',
      label: l10n.t('Without a prompt'),
      description: 'npg',
      detail: l10n.t('The model writes whatever it likes: the published study’s first strategy.'),
    },
    {
      value: 'tdg',
      label: l10n.t('With a falling temperature'),
      description: 'tdg',
      detail: l10n.t('The first 20 tokens are drawn wildly, so that samples differ more.'),
    },
    {
      value: 'pcg',
      label: l10n.t('Continuing prompts'),
      description: 'pcg',
      detail: l10n.t('From a file of prompts, or the heads of functions in source files.'),
    },
    {
      value: 'tsg',
      label: l10n.t('Continuing what a first study found'),
      description: 'tsg',
      detail: l10n.t('Two steps: the fragments of an earlier study become the prompts of this one.'),
    },
  ];
  const offered = choices.filter(({ value }) => !isServed || value !== 'tdg');
  return askChoice<Strategy>(at, l10n.t('How are samples drawn?'), offered, current);
}

export const takesPrompts = (strategy: Strategy | undefined): boolean =>
  strategy === 'pcg' || strategy === 'tsg';
