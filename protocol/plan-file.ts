// A study's plan as the wizard asks for it, with its settings at the top. Everything but the model and the training
// data has a default, and places may be relative or names of the Hub. Plan files may be written in other ways, too:
// docs/reference/plan.md.

import type { Foreign, ForeignList } from '../guard/text/foreign.ts';
import { message } from './message.ts';
import type { SettingValues } from './plan-settings.ts';
import type { ColumnNames, Execution, MapPlan, StudyPlan } from './study.ts';

export interface PlanFile extends Partial<SettingValues>, Partial<Omit<MapPlan, 'control'>> {
  /** A checkpoint folder, a model of the Hub as `owner/name[@revision]`, or the address of a server. */
  readonly model: string;
  /** For a server: what it calls the model. */
  readonly servedName?: string;
  /** For a server: what samples without a prompt begin from. */
  readonly start?: string;
  /** Files and folders of training data, or data sets of the Hub. */
  readonly corpus: string | readonly string[];
  /** A file of prompts, for `pcg` and `tsg`. */
  readonly prompts?: string;
  /** Code that the model cannot have seen, for an extraction map; any of a map’s settings makes the plan one. */
  readonly control?: readonly string[];
  readonly columns?: ColumnNames;
  /** Place of the texts, where the training data holds only the names of blobs. */
  readonly contents?: string;
  /** Whether ignore files hide files of the training data; true where it is left out. */
  readonly ignore?: boolean;
}

/** Turns a plan as written into a plan; `folder` is what its relative paths begin at. */
export const makePlan = message<{ readonly plan: PlanFile; readonly folder: string }, StudyPlan>(
  'verbatim/makePlan',
);

/** Reads a plan file; its paths are relative to its own folder. */
export const readPlan = message<{ readonly file: string }, StudyPlan>('verbatim/readPlan');

/** About how long a study takes and what it leaves on the disk, for a choice of sizes. */
export const estimateStudy = message<
  {
    readonly plan: StudyPlan;
    readonly sizes: readonly number[];
    /** What earlier studies took on this machine. */
    readonly speeds: readonly MeasuredSpeed[];
  },
  StudyEstimate
>('verbatim/estimateStudy');

/** How long an extraction map takes and what it leaves on the disk, by measuring for some seconds what the plan names. */
export const estimateMap = message<{ readonly plan: StudyPlan; readonly execution: Execution }, MapTime>(
  'verbatim/estimateMap',
);

export interface MapTime {
  readonly seconds: number;
  /** At least: windows that are kept with their text come on top. */
  readonly studyBytes: number;
  readonly nWindows: number;
}

/** Which column of the training data is the text, where it leaves that open; null where it does not, or is not here yet. */
export const askContentColumn = message<{ readonly plan: StudyPlan }, ContentQuestion | null>(
  'verbatim/askContentColumn',
);

export interface ContentQuestion {
  /** The shard that asks. */
  readonly path: Foreign;
  /** Columns to choose from, the likely ones first. */
  readonly columns: ForeignList;
}

/** How fast a study ran on this machine. */
export interface MeasuredSpeed {
  readonly model: string;
  readonly modelBytes: number;
  readonly tokensPerSecond: number;
  /** Tokens that its samples had, as a share of the most that they might have had. */
  readonly filled: number;
  /** Speed over the training data as it lies on the disk; null where it was over too soon. */
  readonly scanBytesPerSecond: number | null;
  /** Bytes of the study file a token. */
  readonly diskBytesPerToken: number;
}

export interface StudyEstimate {
  /** Size of the training data on this machine. Null where it must be fetched first. */
  readonly corpusBytes: number | null;
  /** Size of all the model's weights. Null where they must be fetched first. */
  readonly modelBytes: number | null;
  readonly nCores: number;
  /** Measured by an earlier study of such a model, or assumed from the sizes alone. */
  readonly basis: 'measured' | 'assumed';
  readonly sizes: readonly {
    readonly nSamples: number;
    /** Null where the model or the data is not here yet. */
    readonly seconds: number | null;
    readonly diskBytes: number;
  }[];
}
