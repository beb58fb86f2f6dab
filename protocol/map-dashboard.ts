// The dashboard of an extraction map: what could be drawn out, in numbers with their intervals.

import type { Foreign } from '../guard/text/foreign.ts';
import type { BandPoint, CalibrationMeasures } from './calibration.ts';
import type { Provenance } from './fragments.ts';
import type { Kept, Measured } from './measured.ts';
import { message } from './message.ts';
import type { StudyId } from './study.ts';

/** What the dashboard of a map shows: computed in one piece, for seconds where a map has millions of windows. */
export const measureMapDashboard = message<{ readonly study: StudyId }, MapDashboard>(
  'verbatim/measureMapDashboard',
);

/** Two maps of the same windows: what one model knows of the training data that the other does not. */
export const compareMaps = message<{ readonly studies: readonly [StudyId, StudyId] }, MapsCompared>(
  'verbatim/compareMaps',
);

export interface MapsCompared {
  readonly names: readonly [Foreign, Foreign];
  readonly nWindows: number;
  /** Documents that only one map has, or of which the windows are not the same. */
  readonly nUnpaired: number;
  /** Log-probability of a suffix at temperature 1 without a cut, first minus second: mean, nats a window. */
  readonly meanDifference: Measured;
  readonly greedy: ComparedRate;
  /** (100, 0.5), under each map's own rule. */
  readonly extractable: ComparedRate;
  /** Documents that the first knows better, the most different first; then those of the second. */
  readonly firstKnows: readonly DocumentDifferenceMark[];
  readonly secondKnows: readonly DocumentDifferenceMark[];
  /** Why the numbers may not be comparable, in sentences. */
  readonly warnings: readonly Foreign[];
}

export interface ComparedRate {
  readonly first: Measured;
  readonly second: Measured;
  readonly difference: Measured;
}

export interface DocumentDifferenceMark {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly nWindows: number;
  readonly meanDifference: number;
}

export interface MapDashboard {
  readonly kind: 'map';
  /** How the map was made, in a line: it stands wherever its numbers do. */
  readonly how: string;
  readonly nWindows: number;
  readonly nTokens: number;
  /** Documents that are shorter than a window, and those that the tokenizer does not give back. */
  readonly nShort: number;
  readonly nUnfaithful: number;
  /** Share of the windows that greedy decoding gives. */
  readonly greedy: Measured;
  /** Share of the suffixes’ tokens that are the likeliest. */
  readonly argmax: Measured;
  readonly extractable: readonly ExtractableMark[];
  /** Null before copies were counted. */
  readonly byCopies: readonly MapGroupMark[] | null;
  readonly byLicense: readonly MapGroupMark[];
  readonly byRepository: readonly MapGroupMark[];
  readonly byFileType: readonly MapGroupMark[];
  readonly documents: Kept<ExposedMark>;
  /** Null where no window was looked at more closely, or not all of them yet. */
  readonly examined: ExaminedMark | null;
  /** Null where the sampler drew no windows, or not all of them yet. */
  readonly calibration: CalibrationMark | null;
  /** Code that the model cannot have seen, where it was named. */
  readonly control: ControlMark | null;
}

/** The share of windows that `n` draws give with probability `p` or more. */
export interface ExtractableMark {
  readonly n: number;
  readonly p: number;
  readonly share: Measured;
}

export interface MapGroupMark {
  /** A licence, a repository, a file type or a range of copies; empty for unknown. */
  readonly group: Foreign;
  readonly nWindows: number;
  readonly greedy: Measured;
  /** (100, 0.5). */
  readonly extractable: Measured;
}

export interface ExposedMark {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly nWindows: number;
  readonly bestLogp: number | null;
  /** Expected number of windows that 100 draws of each give. */
  readonly nExpected: number;
}

/** Some windows, drawn at random: gone on with greedily, and behind unrelated prefixes. */
export interface ExaminedMark {
  readonly nWindows: number;
  readonly verbatim: Measured;
  /** At most a tenth of the tokens differ. */
  readonly nearVerbatim: Measured;
  /** Null where there was no other document to take a prefix of. */
  readonly prior: {
    readonly nWindows: number;
    /** Nats a window that the own prefix adds. */
    readonly gain: Measured;
    /** (100, 0.5), behind the own prefix and on average behind unrelated ones. */
    readonly extractable: Measured;
    readonly extractableUnrelated: Measured;
  } | null;
}

/** Windows that the sampler drew again and again: whether they came as often as the map says. */
export interface CalibrationMark extends CalibrationMeasures {
  readonly band: readonly BandPoint[];
}

export interface ControlMark {
  readonly nWindows: number;
  /** Windows of it that stand in the training data, and are no control; null before that was looked for. */
  readonly nOverlapping: number | null;
  readonly rows: readonly {
    readonly what: 'greedy' | 'argmax' | 'extractable';
    readonly n: number | null;
    readonly training: Measured;
    readonly control: Measured;
    readonly excess: Measured;
  }[];
}
