// The last question: start, or change one value after another first. Which values there are is in the table of settings.

import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { corpusSettings } from '../../protocol/corpus-settings.ts';
import { mapSettings } from '../../protocol/map-settings.ts';
import type { PlanFile } from '../../protocol/plan-file.ts';
import { isSettingValue, planSettings } from '../../protocol/plan-settings.ts';
import { servedSettings } from '../../protocol/served-settings.ts';
import type { SettingType } from '../../protocol/setting-type.ts';
import { askContents } from './ask-column.ts';
import { type Answer, answered, askChoice, askText, type Choice, type Step } from './multi-step.ts';

/** The number of samples and the strategy have questions of their own. */
const ofSamples = [
  ...planSettings.filter(({ key }) => key !== 'samples' && key !== 'strategy'),
  ...corpusSettings,
  ...servedSettings.filter(({ key }) => key !== 'servedName'),
];
/** A map draws nothing; its rule of drawing is that of samples. */
const ofMaps = [
  ...mapSettings,
  ...planSettings.filter(({ key }) => key === 'topK' || key === 'temperature'),
  ...corpusSettings,
];
type Setting = (typeof ofSamples)[number] | (typeof ofMaps)[number];

export const askAdvanced = (at: Step, plan: PlanFile): Promise<PlanFile | 'back' | 'left'> =>
  askSettings(at, plan, ofSamples, (now) =>
    l10n.t('{0} samples of {1}', (now.samples ?? 0).toLocaleString(), forLabel(now.model)),
  );

/** `estimate` says how long the plan takes, and null where that was cancelled. */
export const askMapSettings = (
  at: Step,
  plan: PlanFile,
  estimate: (plan: PlanFile) => Promise<string | null>,
): Promise<PlanFile | 'back' | 'left'> =>
  askSettings(
    at,
    plan,
    ofMaps,
    ({ prefix = 50, suffix = 50, model }) =>
      l10n.t('Windows of {0} and {1} tokens, read by {2}', prefix, suffix, forLabel(model)),
    estimate,
  );

async function askSettings(
  at: Step,
  given: PlanFile,
  settings: readonly Setting[],
  describe: (plan: PlanFile) => string,
  estimate?: (plan: PlanFile) => Promise<string | null>,
): Promise<PlanFile | 'back' | 'left'> {
  let plan = given;
  /** How long this very plan takes, once somebody asked. */
  let time: string | null = null;
  for (;;) {
    const answer = await askChoice<Setting | 'start' | 'estimate' | 'contents'>(
      at,
      l10n.t('Start, or change a value first'),
      [
        {
          value: 'start',
          label: l10n.t('$(run) Start the study'),
          detail: time ?? describe(plan),
        },
        ...(estimate === undefined || time !== null
          ? []
          : [
              {
                value: 'estimate' as const,
                label: l10n.t('$(watch) Measure how long it takes'),
                detail: l10n.t('Some seconds of reading; what lies on the Hub is fetched first.'),
              },
            ]),
        ...settings
          .filter((setting) => isOf(plan, setting))
          .map(
            (setting): Choice<Setting> => ({
              value: setting,
              label: `$(edit) ${l10n.t(setting.title)}`,
              description: forLabel(String(valueIn(plan, setting))),
            }),
          ),
        {
          value: 'contents',
          label: l10n.t('$(edit) Place of the texts'),
          description: forLabel(plan.contents ?? l10n.t('in the rows')),
          detail: l10n.t('For training data that holds only the names of blobs, such as The Stack v2.'),
        },
      ],
    );
    if (answer.kind !== 'answered') return answer.kind;
    if (answer.value === 'start') return plan;
    if (answer.value === 'estimate') {
      time = (await estimate?.(plan)) ?? null;
      continue;
    }
    if (answer.value === 'contents') {
      const place = await askContents(at, plan.contents ?? '');
      if (place.kind === 'left') return 'left';
      if (place.kind === 'answered') plan = { ...plan, contents: place.value };
      time = null;
      continue;
    }
    const setting = answer.value;
    const value = await askValue(at, setting.title, setting.type, valueIn(plan, setting));
    if (value.kind === 'left') return 'left';
    if (value.kind === 'answered') {
      plan = { ...plan, [setting.key]: value.value };
      time = null;
    }
  }
}

/** What a server is asked for is no question of other models, and its products are its own. */
const isOf = (plan: PlanFile, { group, key }: Setting): boolean =>
  plan.servedName === undefined ? group !== 'source' : key !== 'int8';

type Value = number | string | boolean;

const valueIn = (plan: PlanFile, { key, default: value }: Setting): Value => plan[key] ?? value;

/** A choice is picked, a flag switched, and numbers are typed. */
async function askValue(at: Step, title: string, type: SettingType, current: Value): Promise<Answer<Value>> {
  if (type.kind === 'flag') return answered(current !== true);
  if (type.kind === 'choice') {
    const choices = type.choices.map(({ value, doc }) => ({ value, label: value, detail: l10n.t(doc) }));
    return askChoice<Value>(at, l10n.t(title), choices, current);
  }
  const typed = await askText(at, l10n.t(title), String(current), (text) => problemOf(type, text));
  if (typed.kind !== 'answered') return typed;
  return answered(type.kind === 'text' ? typed.value : Number(typed.value));
}

/** What is wrong with a number, in a sentence; undefined for one that the setting may have. */
export function problemOf(type: SettingType, text: string): string | undefined {
  if (type.kind === 'text')
    return isSettingValue(type, text) ? undefined : l10n.t('It has at most {0} characters.', type.most);
  const isNumber = /^\d*\.?\d+$/.test(text.trim());
  if (isNumber && isSettingValue(type, Number(text))) return undefined;
  if (type.kind === 'whole')
    return l10n.t('It must be a whole number from {0} to {1}.', type.least, type.most);
  if (type.kind !== 'number') return undefined;
  const least = type.alsoAllowed ?? type.least;
  return type.isOpen
    ? l10n.t('It must be a number above {0} and at most {1}.', least, type.most)
    : l10n.t('It must be a number from {0} to {1}.', least, type.most);
}
