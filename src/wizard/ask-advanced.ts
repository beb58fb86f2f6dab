// The last question: start, or change one value after another first.

import { l10n } from 'vscode';
import type { PlanFile } from '../../protocol/plan-file.ts';
import { askChoice, askText, type Choice, type Step } from './multi-step.ts';

type Value = 'maxTokens' | 'topK' | 'temperature' | 'seed' | 'minLines' | 'profile';

export async function askAdvanced(at: Step, given: PlanFile): Promise<PlanFile | 'back' | 'left'> {
  let plan = given;
  for (;;) {
    const row = (value: Value, label: string): Choice<Value | 'start'> => ({
      value,
      label: `$(edit) ${label}`,
      description: String(plan[value]),
    });
    const answer = await askChoice<Value | 'start'>(at, l10n.t('Start, or change a value first'), [
      {
        value: 'start',
        label: l10n.t('$(run) Start the study'),
        detail: l10n.t('{0} samples of {1}', (plan.samples ?? 0).toLocaleString(), plan.model),
      },
      row('maxTokens', l10n.t('Tokens of a sample, at most')),
      row('topK', l10n.t('Top-k (0: the whole vocabulary)')),
      row('temperature', l10n.t('Temperature (0: always the likeliest)')),
      row('seed', l10n.t('Seed')),
      row('minLines', l10n.t('Fewest equal lines')),
      row('profile', l10n.t('When two lines are equal: exact-1 or text-1')),
    ]);
    if (answer.kind !== 'answered') return answer.kind;
    if (answer.value === 'start') return plan;
    const name = answer.value;
    const typed = await askText(at, name, String(plan[name]), (text) => problemOf(name, text));
    if (typed.kind === 'left') return 'left';
    if (typed.kind === 'answered') {
      plan = { ...plan, [name]: name === 'profile' ? typed.value : Number(typed.value) };
    }
  }
}

export const wholeNumber = (text: string): string | undefined =>
  /^[1-9]\d{0,8}$/.test(text.trim()) ? undefined : l10n.t('It must be a whole number of at least 1.');

function problemOf(name: Value, text: string): string | undefined {
  if (name === 'profile') {
    return ['exact-1', 'text-1'].includes(text.trim()) ? undefined : l10n.t('It is exact-1 or text-1.');
  }
  if (name === 'temperature') {
    return /^\d+(\.\d+)?$/.test(text.trim()) ? undefined : l10n.t('It must be a number of 0 or more.');
  }
  return /^\d+$/.test(text.trim()) && (Number(text) > 0 || name === 'topK' || name === 'seed')
    ? undefined
    : wholeNumber(text);
}
