// What an extraction map has to show: regions in pages, and a training document as a heat map. Probabilities are natural
// logarithms under the map's rule of drawing; places in a text are UTF-16 units of the text that comes with them.

import type { Foreign } from '../guard/text/foreign.ts';
import type { Page, Provenance, TextRange } from './fragments.ts';
import { message } from './message.ts';
import type { ClosedFolders } from './requests.ts';
import type { StudyId } from './study.ts';
import type { ViewRequest } from './views.ts';

/** How regions are listed: by the document that holds them, by how likely they are, by its licence. */
export type RegionGrouping = 'document' | 'probability' | 'licence';

/** Bounds of the groups by probability, from the likeliest: a group holds what is at least so likely. */
export const PROBABILITY_BOUNDS: readonly number[] = [0.5, 0.1, 0.01, 0.001, 0];

export interface RegionGroup {
  /** A document's id; a place in `PROBABILITY_BOUNDS`; the id of the first document of a licence. */
  readonly key: number;
  /** Null but for a group by document. */
  readonly provenance: Provenance | null;
  /** Null but for a group by licence: as the corpus writes it, empty for unknown. */
  readonly license: Foreign | null;
  readonly nRegions: number;
  /** Null where nobody counts them: of a group by probability. */
  readonly nDocuments: number | null;
  /** That of its likeliest window. */
  readonly bestLogp: number;
}

/** Windows that touch and are likely enough to be kept, as one piece of a document. */
export interface MapRegion extends TextRange {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly byteOffset: number;
  readonly nWindows: number;
  readonly bestLogp: number;
  readonly fingerprint: string;
  /** The line that tells most of it, for a label. */
  readonly text: Foreign;
  /** The baseline accepts it. */
  readonly isAccepted: boolean;
}

/** The groups, the likeliest first; those of licences the largest first. Only regions that pass the filter count. */
export const listRegionGroups = message<ViewRequest & { readonly by: RegionGrouping }, Page<RegionGroup>>(
  'verbatim/listRegionGroups',
);

/** The regions of one group: of a document as they stand in it, otherwise the likeliest first. */
export const listRegions = message<
  ViewRequest & { readonly by: RegionGrouping; readonly key: number },
  Page<MapRegion>
>('verbatim/listRegions');

/** A piece of a text with how likely its tokens are. */
export interface HeatSpan {
  readonly start: number;
  readonly end: number;
  /** One token’s, or the mean of a window’s; null where the rule never draws it. */
  readonly logp: number | null;
}

/** A region in a text, with where it comes from in the study. */
export interface HeatRegion extends TextRange {
  readonly start: number;
  readonly end: number;
  readonly nWindows: number;
  readonly bestLogp: number;
}

/** A training document as a map shows it. */
export interface HeatMap {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly text: string;
  /** Why the document could not be opened again; `text` is then its likeliest region alone, and nothing is marked in it. */
  readonly problem: Foreign | null;
  /** In order. */
  readonly regions: readonly HeatRegion[];
  /** In order; they overlap where windows do. */
  readonly windows: readonly HeatWindow[];
}

/** A window's suffix. */
export interface HeatWindow {
  readonly start: number;
  readonly end: number;
  /** The whole suffix’s; null where the rule never draws it. */
  readonly logp: number | null;
  readonly nTokens: number;
}

export interface HeatMapRequest {
  readonly study: StudyId;
  readonly documentId: number;
  readonly closed?: ClosedFolders;
}

/** Opens a document with what the map stored of it. */
export const getHeatMap = message<HeatMapRequest, HeatMap>('verbatim/getHeatMap');

/**
 * Reads the document once more with the study's model, since a map stores windows and no tokens. Ends after a minute or
 * some thousand tokens with what it has by then.
 */
export const measureTokens = message<
  HeatMapRequest & {
    /** Whether somebody asked for it: otherwise no large model is read. */
    readonly isAsked: boolean;
  },
  TokenHeat
>('verbatim/measureTokens');

export interface TokenHeat {
  readonly documentId: number;
  readonly text: string;
  /** In order; tokens that no window asks for are left out. */
  readonly tokens: readonly HeatSpan[];
  /** Tokens that some window asks for, measured or not. */
  readonly nAsked: number;
}
