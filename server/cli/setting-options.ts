// The settings of a plan as options of the command line: names, words, defaults and checks come from the one table.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { corpusSettings } from '../../protocol/corpus-settings.ts';
import { mapSettings } from '../../protocol/map-settings.ts';
import { describeType, isSettingValue, planSettings } from '../../protocol/plan-settings.ts';
import { servedSettings } from '../../protocol/served-settings.ts';
import type { PlanSetting, SettingType } from '../../protocol/setting-type.ts';

/** The values of settings, by their key, as commander gathers them. */
export type SettingOptions = Readonly<Record<string, unknown>>;

const allSettings: readonly PlanSetting[] = [
  ...planSettings,
  ...corpusSettings,
  ...mapSettings,
  ...servedSettings,
];

export function addSettingOptions(command: Command, group: PlanSetting['group']): Command {
  for (const setting of allSettings) if (setting.group === group) command.addOption(optionOf(setting));
  return command;
}

/** What a plan says of the settings of those groups; options that are not there are left out. */
export function settingsOf(
  options: SettingOptions,
  groups: readonly PlanSetting['group'][],
): Readonly<Record<string, unknown>> {
  const given = allSettings.filter(({ key, group }) => groups.includes(group) && options[key] !== undefined);
  return Object.fromEntries(given.map(({ key }) => [key, options[key]]));
}

function optionOf({ cliFlag, type, default: value, doc, help }: PlanSetting): Option {
  const option = new Option(cliFlag, help ?? asHelp(doc));
  if (type.kind === 'flag') return option;
  if (type.kind === 'text') return option.argParser((text) => parseText(type, text));
  if (type.kind === 'choice') option.choices(type.choices.map((choice) => choice.value));
  return option.default(value).argParser((text) => parseValue(type, text));
}

/** Help has no sentences: "Outputs to sample." becomes "outputs to sample". */
const asHelp = (doc: string) => `${doc[0]?.toLowerCase()}${doc.slice(1).replace(/\.$/, '')}`;

function parseText(type: SettingType, text: string): string {
  if (!isSettingValue(type, text)) throw new InvalidArgumentError(`It must be ${describeType(type)}.`);
  return text;
}

function parseValue(
  type: Exclude<SettingType, { readonly kind: 'flag' | 'text' }>,
  text: string,
): number | string {
  const isNumber = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text);
  const value = type.kind === 'choice' ? text : isNumber ? Number(text) : Number.NaN;
  if (!isSettingValue(type, value)) throw new InvalidArgumentError(`It must be ${describeType(type)}.`);
  return value;
}
