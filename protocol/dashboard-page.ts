// What the extension and the page of a dashboard pass each other, and what the page keeps for itself.

import type { Dashboard, DashboardMeasures, FragmentSelection } from './dashboard.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from './fragments.ts';
import type { MapDashboard, MapsCompared } from './map-dashboard.ts';
import type { StudyId } from './study.ts';
import type { StudiesCompared } from './study-comparison.ts';

/** What the webview keeps for its own restoration: ids and choices, never text. */
export interface DashboardState {
  readonly study: StudyId;
  readonly selection: FragmentSelection;
  readonly order: FragmentOrder;
  /** The predictor whose samples are listed. */
  readonly predictor: number;
  /** In pixels, of the page and of the table. */
  readonly scrollTop: number;
  readonly tableTop: number;
}

/** A figure with its numbers, as the page drew it. */
export interface FigureToSave {
  readonly kind: 'saveFigure';
  readonly how: 'saveFigure' | 'copyFigure' | 'saveNumbers' | 'copyNumbers';
  readonly name: string;
  readonly svg: string;
  /** In base 64; null where it was not asked for or could not be made. */
  readonly png: string | null;
  readonly csv: string;
}

export type FromDashboard =
  | FigureToSave
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'listFragments'; readonly request: number } & PageRequest & {
        readonly order: FragmentOrder;
        readonly selection: FragmentSelection;
      })
  | { readonly kind: 'compare'; readonly fingerprint: string }
  | { readonly kind: 'openSample'; readonly sampleId: number }
  /** A document of an extraction map; of two, `map` says of which. */
  | { readonly kind: 'openRegion'; readonly documentId: number; readonly map?: 0 | 1 }
  | { readonly kind: 'showInTree' }
  /** For what the samples repeat that are there by now, or for shorter pieces. */
  | { readonly kind: 'searchAgain'; readonly how: 'soFar' | 'closest' }
  /** An anchor in docs/method.md. */
  | { readonly kind: 'openMethod'; readonly section: string }
  | { readonly kind: 'copy'; readonly what: 'command' | 'plan' | 'prompts' };

/** Translations by the English text; none where VS Code speaks English. */
export type Strings = Readonly<Record<string, string>>;

export type ToDashboard =
  | { readonly kind: 'dashboard'; readonly dashboard: Dashboard; readonly strings: Strings }
  | { readonly kind: 'comparison'; readonly comparison: StudiesCompared; readonly strings: Strings }
  | { readonly kind: 'mapComparison'; readonly comparison: MapsCompared; readonly strings: Strings }
  | { readonly kind: 'measures'; readonly measures: DashboardMeasures }
  | { readonly kind: 'mapMeasures'; readonly measures: MapDashboard }
  | { readonly kind: 'unmeasured'; readonly message: string }
  | { readonly kind: 'fragments'; readonly request: number; readonly page: Page<FragmentRow> }
  | { readonly kind: 'failed'; readonly message: string };
