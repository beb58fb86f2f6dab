// What leaves the editor: reports and training rows as files. The server writes them, since they may be larger than a
// message should be; where to is the user's choice.

import type { Foreign } from '../guard/text/foreign.ts';
import type { RegionGrouping } from './extraction-map.ts';
import { message } from './message.ts';
import type { StudyId } from './study.ts';
import type { FragmentFilter, Grouping } from './views.ts';

export type SavedFormat = 'html' | 'md' | 'csv' | 'json' | 'sarif';

/** Writes a study's report into a file, secrets masked. */
export const saveReport = message<
  {
    readonly study: StudyId;
    readonly format: SavedFormat;
    readonly file: string;
    /** A baseline file, or null for none. */
    readonly baseline: string | null;
  },
  { readonly nFragments: number }
>('verbatim/saveReport');

/** Which fragments: those that are named, or those of a view. */
export type FragmentsChosen =
  | { readonly kind: 'named'; readonly fingerprints: readonly string[] }
  | {
      readonly kind: 'view';
      readonly filter: FragmentFilter;
      readonly baseline: string | null;
      readonly grouping: Grouping;
      /** The name of one group; null for all of the study. */
      readonly group: Foreign | null;
    }
  | {
      /** A group of a map's regions. */
      readonly kind: 'regions';
      readonly filter: FragmentFilter;
      readonly baseline: string | null;
      readonly by: RegionGrouping;
      readonly key: number;
    };

/** Writes the training rows that hold one of the fragments into a file, as JSON lines. */
export const saveTrainingRows = message<
  { readonly study: StudyId; readonly file: string; readonly chosen: FragmentsChosen },
  { readonly nRows: number; readonly nUnlisted: number }
>('verbatim/saveTrainingRows');
