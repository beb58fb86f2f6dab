// The only reader of `verbatim.*` settings, so that the manifest and the code can be held against each other.

import { ConfigurationTarget, workspace } from 'vscode';
import type { FragmentOrder } from '../protocol/fragments.ts';
import type { Execution, MatchRule, Profile, Provider, SamplingPlan } from '../protocol/study.ts';

/** Every setting with its type. The names are those of package.json, without `verbatim.`. */
interface Settings {
  readonly 'sampling.samples': number;
  readonly 'sampling.maxTokens': number;
  readonly 'sampling.topK': number;
  readonly 'sampling.temperature': number;
  readonly 'sampling.seed': number;
  readonly 'detection.minLines': number;
  readonly 'detection.profile': Profile;
  readonly 'execution.provider': Provider | 'auto';
  readonly 'execution.workers': number;
  readonly 'execution.batch': number;
  readonly 'tree.order': FragmentOrder;
  readonly 'decorations.enabled': boolean;
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

export function readSampling(nSamples: number): SamplingPlan {
  return {
    strategy: 'npg',
    nSamples,
    maxTokens: readSetting('sampling.maxTokens'),
    topK: readSetting('sampling.topK'),
    topP: 1,
    temperature: readSetting('sampling.temperature'),
    seed: readSetting('sampling.seed'),
    prompts: [],
  };
}

export function readRule(): MatchRule {
  return { minLines: readSetting('detection.minLines'), profile: readSetting('detection.profile') };
}

/** 0 stands for `auto` in the settings, where a number field is easier to use than a choice. */
export function readExecution(): Execution {
  return {
    provider: readSetting('execution.provider'),
    workers: readSetting('execution.workers') || 'auto',
    batch: readSetting('execution.batch') || 'auto',
    // A folder that nobody trusts causes no traffic.
    fetch: workspace.isTrusted ? 'missing' : 'never',
  };
}
