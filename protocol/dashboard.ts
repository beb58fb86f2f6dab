// The dashboard: what a study found, at a glance. Sensitive parts of texts are masked before they get here.

import type { Foreign, ForeignList } from '../guard/text/foreign.ts';
import type { DataProblemKind } from './errors.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from './fragments.ts';
import type { Kept, Measured } from './measured.ts';
import { message } from './message.ts';
import type { StudyId, StudySummary } from './study.ts';
import type { Category } from './views.ts';

/** What is known without computing anything, but for the fragments themselves, which come in pages. */
export const getDashboard = message<{ readonly study: StudyId }, Dashboard>('verbatim/getDashboard');

/** What takes seconds for a large study: intervals, curves and estimates. Apart, so that it holds up nothing. */
export const measureDashboard = message<{ readonly study: StudyId }, DashboardMeasures>(
  'verbatim/measureDashboard',
);

/** The fragments behind a mark of the dashboard, their labels masked. */
export const listDashboardFragments = message<
  PageRequest & {
    readonly study: StudyId;
    readonly order: FragmentOrder;
    readonly selection: FragmentSelection;
  },
  Page<FragmentRow>
>('verbatim/listDashboardFragments');

/** Which fragments a mark stands for. */
export type FragmentSelection =
  | { readonly kind: 'all' }
  | { readonly kind: 'counts'; readonly train: number; readonly extract: number }
  | { readonly kind: 'lines'; readonly fromLines: number; readonly toLines: number }
  | { readonly kind: 'category'; readonly category: Category }
  | { readonly kind: 'repository'; readonly repository: Foreign }
  | { readonly kind: 'license'; readonly license: Foreign }
  /** Those in the first so many samples. */
  | { readonly kind: 'samples'; readonly nSamples: number }
  | { readonly kind: 'sensitive' };

/** A number out of a total. */
export interface Part {
  readonly total: number;
  readonly memorised: number;
}

export interface Dashboard {
  readonly summary: StudySummary;
  /** How it was run, as far as it is known: name and value. */
  readonly environment: readonly (readonly [name: string, value: Foreign])[];
  readonly repeat: RepeatRecipe;
  readonly problems: {
    readonly total: number;
    /** The first ones: of shards that failed, then of shards that were read past them. */
    readonly first: readonly DashboardProblem[];
  };
  /** A sentence: what became of every file of the corpus. Left out where they were not counted. */
  readonly files?: string;
  /** Null until the study has been analysed. */
  readonly overview: DashboardOverview | null;
}

export interface RepeatRecipe {
  /** One line for a POSIX shell. Null where a name in the plan holds what no such line can safely hold. */
  readonly command: string | null;
  /** Prompts that the command reads from the file it names; 0 where there are none. */
  readonly nPrompts: number;
}

export interface DashboardProblem {
  readonly shard: Foreign;
  readonly kind: DataProblemKind | 'failed';
  readonly byteOffset: number | null;
  readonly message: Foreign;
}

export interface DashboardOverview {
  readonly samples: Part;
  readonly lines: Part;
  /** Null where some sample's tokens are unknown. */
  readonly tokens: Part | null;
  readonly nFragments: number;
  readonly nFamilies: number;
  /** What the fragments are and hold; null while nobody has looked. */
  readonly taxonomy: {
    readonly categories: readonly CategoryMark[];
    /** Fragments with secrets or personal data. */
    readonly nSensitive: number;
  } | null;
  readonly sources: Kept<SourceRow>;
  readonly licenses: Kept<LicenseRow>;
}

export interface DashboardMeasures {
  /** The memorised shares. */
  readonly samples: Measured;
  readonly lines: Measured;
  readonly tokens: Measured | null;
  readonly fragments: Measured;
  /** Fragments that samples without end would show (Chao1), and the share of it that is seen. */
  readonly unseen: { readonly total: Measured; readonly coverage: number | null };
  readonly correlations: readonly {
    readonly name: string;
    readonly value: Measured;
    readonly pValue: number;
  }[];
  readonly counts: Kept<CountsMark>;
  readonly growth: readonly GrowthMark[];
  readonly lengths: readonly LengthMark[];
  readonly predictors: readonly PredictorCurves[];
  readonly anyway: AnywayMarks;
}

/** What would match anyway. */
export interface AnywayMarks {
  /** The study's own rates. */
  readonly all: AnywayRates;
  /** Samples that only repeat themselves, and the rates without them. */
  readonly loops: { readonly nSamples: number } & AnywayRates;
  /** Samples with a fragment that the training data holds so often; the last range has no end. */
  readonly byCopies: readonly {
    readonly least: number;
    readonly most: number | null;
    readonly nFragments: number;
    readonly samples: Measured;
  }[];
  /** Code that the model cannot have seen; null where none was named. */
  readonly control:
    | ({
        readonly nDocuments: number;
        /** Those of which the training data holds every line. */
        readonly nWhole: number;
        readonly excess: AnywayRates;
      } & AnywayRates)
    | null;
}

export interface AnywayRates {
  readonly samples: Measured;
  readonly lines: Measured;
  /** Windows of as many lines as a match needs; null where there is none, or they were not counted. */
  readonly windows: Measured | null;
}

export interface CountsMark {
  readonly train: number;
  readonly extract: number;
  readonly nFragments: number;
  /** Fingerprint of the first of them. */
  readonly fingerprint: string;
}

export interface GrowthMark {
  readonly nSamples: number;
  readonly nFragments: number;
  readonly low: number;
  readonly high: number;
}

export interface LengthMark {
  readonly fromLines: number;
  readonly toLines: number;
  readonly nFragments: number;
}

export interface CategoryMark {
  readonly category: Category;
  readonly nFragments: number;
  /** Licences whose own text it is, as SPDX ids, the most frequent first. */
  readonly spdxIds: ForeignList;
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface PredictorCurves {
  readonly title: string;
  readonly formula: string;
  /** Why there are no curves, or null. */
  readonly absent: string | null;
  readonly auc: Measured | null;
  readonly averagePrecision: number | null;
  readonly roc: readonly CurvePoint[];
  readonly precisionRecall: readonly CurvePoint[];
  /** The samples that it ranks highest, best first. */
  readonly top: readonly {
    readonly sampleId: number;
    readonly score: number;
    readonly isMemorised: boolean;
    /** It only repeats itself. */
    readonly isLoop: boolean;
  }[];
}

export interface SourceRow {
  /** Empty where it is unknown. */
  readonly repository: Foreign;
  readonly licenses: ForeignList;
  readonly nFragments: number;
  readonly nDocuments: number;
}

export interface LicenseRow {
  /** Empty where it is unknown. */
  readonly license: Foreign;
  readonly nFragments: number;
  readonly nDocuments: number;
  readonly nRepositories: number;
}
