// The only reader of `verbatim.*` settings, so that the manifest and the code can be held against each other.

import { ConfigurationTarget, workspace } from 'vscode';
import type { FragmentOrder } from '../protocol/fragments.ts';
import { type EditorValues, planSettings, type SettingValues } from '../protocol/plan-settings.ts';
import type { Execution, Provider } from '../protocol/study.ts';
import type { Grouping } from '../protocol/views.ts';

/** Every setting with its type. The names are those of package.json, without `verbatim.`; plans have their own table. */
interface Settings extends EditorValues {
  readonly 'execution.provider': Provider | 'auto';
  readonly 'execution.workers': number;
  readonly 'execution.batch': number;
  readonly 'execution.download': 'missing' | 'never';
  readonly 'execution.apiKeyFile': string;
  readonly 'execution.executor': 'local' | 'slurm';
  readonly 'execution.sbatch': string;
  readonly 'execution.sbatchModel': string;
  readonly 'execution.maxRunning': number;
  readonly 'server.runtime': string;
  readonly 'tree.groupBy': Grouping;
  readonly 'tree.order': FragmentOrder;
  readonly 'decorations.enabled': boolean;
  readonly 'decorations.background': boolean;
  readonly 'decorations.gutter': boolean;
  readonly 'decorations.overviewRuler': boolean;
  readonly 'decorations.inlineText': boolean;
  readonly 'decorations.hover': boolean;
  readonly 'decorations.codeLens': boolean;
  readonly 'heatMap.outline': boolean;
  readonly 'heatMap.tokens': 'onOpening' | 'onRequest';
  readonly 'live.index': string;
  readonly 'live.root': string;
  readonly 'live.problems': boolean;
  readonly 'label.annotator': string;
  readonly 'sensitive.show': boolean;
}

export function readSetting<Name extends keyof Settings>(name: Name): Settings[Name] {
  const value = workspace.getConfiguration('verbatim').get<Settings[Name]>(name);
  if (value === undefined) throw new Error(`The setting verbatim.${name} has no default in package.json`);
  return value;
}

export async function writeSetting<Name extends keyof Settings>(
  name: Name,
  value: Settings[Name],
): Promise<void> {
  await workspace.getConfiguration('verbatim').update(name, value, ConfigurationTarget.Global);
}

/** What the user has set for plans, by the names that plans have for it. */
export function readPlanDefaults(): Partial<SettingValues> {
  const named = planSettings.flatMap(({ key, editor }) =>
    editor === null ? [] : [[key, editor.section] as const],
  );
  return Object.fromEntries(
    named.map(([key, section]) => [key, readSetting(`${section}.${key}` as keyof EditorValues)]),
  );
}

/** The settings say 0 for `auto`, since a number field is easier to use than a choice. */
export function readExecution(): Execution {
  const apiKeyFile = readSetting('execution.apiKeyFile');
  return {
    provider: readSetting('execution.provider'),
    workers: readSetting('execution.workers') || 'auto',
    batch: readSetting('execution.batch') || 'auto',
    fetch: workspace.isTrusted ? readSetting('execution.download') : 'never',
    ...(apiKeyFile === '' ? {} : { apiKeyFile }),
    ...readCluster(),
  };
}

/** An empty object for this machine. */
function readCluster(): Pick<Execution, 'cluster'> {
  const executor = readSetting('execution.executor');
  if (executor === 'local' || !workspace.isTrusted) return {};
  const sbatch = readSetting('execution.sbatch');
  const sbatchModel = readSetting('execution.sbatchModel');
  const maxRunning = readSetting('execution.maxRunning');
  return { cluster: { executor, sbatch, sbatchModel, maxRunning, tasksAJob: 'auto' } };
}
