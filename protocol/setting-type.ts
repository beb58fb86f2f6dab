// What a setting of a plan is: its names, the values that it may have, and its words. The settings themselves are in
// `plan-settings.ts`, `map-settings.ts`, `corpus-settings.ts` and `served-settings.ts`.

import type { MapPlan, MatchRule, SamplingPlan, ServedSource, StudyPlan } from './study.ts';

export type SettingType =
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  | {
      readonly kind: 'number';
      readonly least: number;
      readonly most: number;
      /** Whether `least` itself is too little. */
      readonly isOpen: boolean;
      /** A value outside the range that has a meaning of its own. */
      readonly alsoAllowed?: number;
    }
  | { readonly kind: 'choice'; readonly choices: readonly SettingChoice[] }
  | { readonly kind: 'flag' }
  | {
      readonly kind: 'text';
      /** Most characters. */
      readonly most: number;
    };

export interface SettingChoice {
  readonly value: string;
  /** Another name for it, which is taken and never stored. */
  readonly longName?: string;
  /** What it means, in a sentence. */
  readonly doc: string;
}

export interface PlanSetting {
  /** Its name at the top of a plan file, and the last part of its name among the editor's settings. */
  readonly key: string;
  /** The part of a plan that holds it; `corpus` is its top. */
  readonly group: 'sampling' | 'rule' | 'map' | 'corpus' | 'source';
  /** Its name in that part. */
  readonly field:
    | keyof SamplingPlan
    | keyof MatchRule
    | keyof MapPlan
    | keyof Pick<StudyPlan, 'ignore'>
    | keyof Pick<ServedSource, 'servedName' | 'start'>;
  /** Its option on the command line, as commander reads it. */
  readonly cliFlag: string;
  readonly type: SettingType;
  readonly default: number | string | boolean;
  /** What it means, in a sentence. */
  readonly doc: string;
  /** What its option does, where that is not what it means: an option may take away. */
  readonly help?: string;
  /** A few words above a field to fill in. */
  readonly title: string;
  /** The editor's setting that the wizard begins with; null where the wizard asks every time. */
  readonly editor: {
    readonly section: 'sampling' | 'detection';
    /** Its default, where people at an editor want less than those who write plans. */
    readonly default?: number;
  } | null;
}
