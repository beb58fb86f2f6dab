// What the studies view asks: fragments filtered, sorted and in groups, in pages; and what a user adds to them.
// Like all requests these are stateless, and a page is all that is ever sent.

import type { Foreign, ForeignList } from '../guard/text/foreign.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest, Provenance } from './fragments.ts';
import { message } from './message.ts';
import type { StudyId } from './study.ts';

/** What a fragment is, by the rules of docs/taxonomy.md or by hand. */
export type Category = (typeof categories)[number];

export const categories = [
  'license',
  'copyright',
  'generated',
  'documentation',
  'imports',
  'configuration',
  'tests',
  'boilerplate',
  'logic',
] as const;

/** `family`: one row for fragments that lie inside or across one another. `flat`: a row each. */
export type Grouping = 'family' | 'category' | 'licence' | 'repository' | 'sample' | 'flat';

/**
 * What a view shows. Each part that is left out lets everything through. Regions of an extraction map have no kind, are not
 * cut off by samples, are in none that loops, and are not known to be sensitive: these let every region through.
 */
export interface FragmentFilter {
  /**
   * In the fragment's text, whatever its case; or the beginning of its fingerprint. In a study of very many fragments only
   * from the beginning of a word on.
   */
  readonly text?: string;
  /** Part of the name of a repository that holds it, whatever its case; likewise of a document's path. */
  readonly repository?: string;
  readonly path?: string;
  /** Significant lines, at least and at most. */
  readonly fromLines?: number;
  readonly toLines?: number;
  /** Licence of a document that holds it, as the corpus writes it; empty for unknown. */
  readonly license?: string;
  readonly category?: Category;
  readonly isSensitive?: true;
  readonly isClipped?: true;
  /** Nothing but fragments that stand only in samples that repeat themselves, or all others. */
  readonly loops?: 'only' | 'without';
  /** Leaves out what the study's baseline accepts. */
  readonly isNew?: true;
  /** Probability of an extraction map's region, at least and at most. A study's fragments have none, and pass. */
  readonly fromProbability?: number;
  readonly toProbability?: number;
}

export interface ListedFragment extends FragmentRow {
  /** Null while the study has not been described. */
  readonly category: Category | null;
  /** SPDX id of the licence whose own text it is; empty for anything else. */
  readonly spdxId: Foreign;
  /** Kinds of sensitive content in it, such as `email`. */
  readonly sensitive: ForeignList;
  /** The first known document that holds it. */
  readonly source: Provenance | null;
  /** A label by hand; empty without one. */
  readonly label: Foreign;
  /** All samples that hold it only repeat themselves, among the places that are kept. */
  readonly isOnlyInLoops: boolean;
  /** The baseline accepts it. */
  readonly isAccepted: boolean;
  /** How many fragments its family shows here, itself among them. 1 where the view does not group by family. */
  readonly nFamily: number;
  /** The most frequent fragment that overlaps with it, where that repeats more often; only where families are grouped. */
  readonly core: { readonly nLines: number; readonly train: number; readonly extract: number } | null;
}

/** One group of a view. Its name is a category, a licence, a repository or a sample's id. */
export interface FragmentGroup {
  readonly name: Foreign;
  readonly nFragments: number;
  /** Set where it is a sample that only repeats itself. */
  readonly isLoop?: true;
}

export interface ViewRequest extends PageRequest {
  readonly study: StudyId;
  readonly filter: FragmentFilter;
  /** A baseline file, or null for none. One that does not exist accepts nothing. */
  readonly baseline: string | null;
}

/** The groups of a study, the largest first. For `family` and `flat` there are none. */
export const listGroups = message<ViewRequest & { readonly grouping: Grouping }, Page<FragmentGroup>>(
  'verbatim/listGroups',
);

/** Fragments of a whole study (`group` null), of one group, or of one family but its first. */
export const viewFragments = message<
  ViewRequest & {
    readonly grouping: Grouping;
    readonly group: Foreign | null;
    /** Its other members are listed instead. */
    readonly family?: number;
    readonly order: FragmentOrder;
  },
  Page<ListedFragment>
>('verbatim/viewFragments');

/**
 * Finds out what each fragment is and holds, where that is not known yet: for studies made by earlier versions,
 * and imported ones. Answers whether it is known now; another process may be writing the study.
 */
export const describeStudy = message<{ readonly study: StudyId }, { readonly isDescribed: boolean }>(
  'verbatim/describeStudy',
);

/** Takes fragments into a baseline file, with a reason, or out of it again. */
export const acceptFragments = message<
  {
    readonly baseline: string;
    readonly fingerprints: readonly string[];
    /** Null takes them out. */
    readonly reason: string | null;
  },
  { readonly nAccepted: number }
>('verbatim/acceptFragments');

/** Labels a fragment by hand; null takes the annotator's label away. */
export const labelFragment = message<
  {
    readonly study: StudyId;
    readonly fingerprint: string;
    readonly annotator: string;
    readonly label: Category | null;
  },
  void
>('verbatim/labelFragment');

/** The training rows that hold a fragment or a map's region, as JSON lines, ready to be removed or unlearned. */
export const listTrainingRows = message<
  { readonly study: StudyId; readonly fingerprint: string },
  { readonly lines: Foreign; readonly nUnlisted: number }
>('verbatim/listTrainingRows');
